use super::*;
use serde_json::json;

fn render_one(source: &str) -> Result<Rendition, Mistake> {
    let scope = Scope {
        app: "shop".into(),
        environment: "staging".into(),
        values: json!({"web": {"replicas": 3, "on": null}, "items": [1, 2]}),
        images: [("web".to_owned(), "x:1".to_owned())].into(),
        configs: [("shop".to_owned(), "shop-shop-1".to_owned())].into(),
        ..Scope::default()
    };
    let bundle = Bundle::new([
        ("deploy/deploy.yaml".to_owned(), b"secret".to_vec()),
        (
            "deploy/templates/_part.yaml".to_owned(),
            b"x: 1\ny: {{ nothing }}\n".to_vec(),
        ),
        (
            "deploy/templates/a.yaml".to_owned(),
            source.as_bytes().to_vec(),
        ),
    ]);
    Engine::new(&bundle, &scope).render("deploy/templates/a.yaml")
}

#[test]
fn what_templates_give() {
    for (source, wanted) in [
        (
            "{{ app }}/{{ environment }}/{{ images.web }}",
            "shop/staging/x:1",
        ),
        ("{{ config('shop') }}", "shop-shop-1"),
        ("{{ values.web.on }} {{ true }}", "null true"),
        ("{{ values.web }}", r#"{"on":null,"replicas":3}"#),
        (
            "a:{{ values.web | toyaml | nindent(2) }}",
            "a:\n  \"on\": null\n  replicas: 3",
        ),
        ("a: {{ values.items | tojson }}", "a: [1,2]"),
        ("{{ 'yes' | quote }} {{ 3 | quote }}", "\"yes\" \"3\""),
        ("{{ 'hi' | b64encode }} {{ 'aGk=' | b64decode }}", "aGk= hi"),
        ("{{ 'a\nb' | indent(2) }}", "a\n  b"),
        (
            "{{ values.items | join(', ') }} {{ 'a-b' | replace('-', '_') }}",
            "1, 2 a_b",
        ),
        ("{{ ('a' | sha256)[:8] }}", "ca978112"),
        ("{{ values.nope | default('d') }}", "d"),
        ("{% raw %}{{ $labels.x }}{% endraw %}", "{{ $labels.x }}"),
        (
            "a: ${#list[@]} no tags: as it is {# kept #}\n",
            "a: ${#list[@]} no tags: as it is {# kept #}\n",
        ),
    ] {
        assert_eq!(render_one(source).unwrap().text, wanted, "{source}");
    }
}

#[test]
fn mistakes_name_the_place_and_what_is_near() {
    for (source, wanted) in [
        (
            "x: 1\na: {{ values.web.replcas }}\n",
            "a.yaml:2:7 `values.web.replcas` is undefined: values.web has no `replcas` | did you mean `replicas`?",
        ),
        (
            "{{ valeus.web }}",
            "a.yaml:1:4 `valeus.web` is undefined | did you mean `values`?",
        ),
        (
            "{{ values.foo | upper }}",
            "a.yaml:1:17 `values.foo` is undefined: values has no `foo` | set it in values/common.yaml or values/staging.yaml",
        ),
        (
            "{{ release.git.short }}",
            "a.yaml:1:4 `release.git.short` is undefined: release has no `git` | release.git is there only in a git checkout with a commit",
        ),
        (
            "{{ values.web | toyml }}",
            "a.yaml:1:17 there is no filter `toyml` | did you mean `toyaml`?",
        ),
        (
            "{{ confg('x') }}",
            "a.yaml:1:4 there is no function `confg` | did you mean `config`?",
        ),
        (
            "{{ config('shpo') }}",
            "a.yaml:1:4 there is no config group `shpo` in deploy.yaml; did you mean `shop`? | -",
        ),
        (
            "{{ values.nope | required('set nope') }}",
            "a.yaml:1:18 set nope | -",
        ),
        (
            "a: 1\n{% include '_part.yaml' %}",
            "_part.yaml:2:7 `nothing` is undefined | known: app, environment, images, namespace, release, target and values",
        ),
    ] {
        let mistake = render_one(source).unwrap_err();
        let text = format!(
            "{}:{}:{} {} | {}",
            mistake.file.rsplit('/').next().unwrap(),
            mistake.line.unwrap_or(0),
            mistake.column.unwrap_or(0),
            mistake.message,
            mistake.hint.as_deref().unwrap_or("-")
        );
        assert_eq!(text, wanted, "{source}");
    }
    let foreign = render_one("{{ $labels.x }}").unwrap_err();
    assert!(foreign.hint.unwrap().contains("`raw`"));
}

#[test]
fn rendering_is_bounded_and_cannot_look_outside() {
    for (source, wanted) in [
        (
            "{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}",
            "runs too long",
        ),
        (
            "{% for i in range(9000) %}{{ 'x' * 9000 }}{% endfor %}",
            "more than 10 MB",
        ),
        (
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "recursion limit",
        ),
        (
            "{{ ('x' * 9000) | replace('x', 'y' * 9000) }}",
            "more than 10 MB",
        ),
        (
            "{{ range(90000) | list | join('x' * 90000) }}",
            "more than 10 MB",
        ),
        ("{% include 'a.yaml' %}", "recursion limit"),
        ("{% include '../deploy.yaml' %}", "non-existing"),
        ("{% include '/etc/passwd' %}", "non-existing"),
    ] {
        let mistake = render_one(source).unwrap_err();
        assert!(
            mistake.message.contains(wanted),
            "{source}: {}",
            mistake.message
        );
    }
}
