
use builtin;
use str;

set edit:completion:arg-completer[deploy] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'deploy'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'deploy'= {
            cand --project 'The folder that holds `deploy/` (default: this folder or the nearest one above)'
            cand -e 'The environment (default: the only one)'
            cand --env 'The environment (default: the only one)'
            cand --target 'One target of the environment (default: all of them)'
            cand --app 'The app, found by its releases in the cluster instead of by a checkout'
            cand --context 'The kubeconfig context to use instead of the target''s'
            cand -n 'The namespace to use instead of the target''s'
            cand --namespace 'The namespace to use instead of the target''s'
            cand --kubeconfig 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)'
            cand -o 'How to speak'
            cand --output 'How to speak'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand --no-color 'No colours'
            cand -v 'Say more; twice for every request'
            cand --verbose 'Say more; twice for every request'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand schema 'Print the JSON schema of deploy.yaml, for editors'
            cand completions 'Print the completions for a shell'
            cand man 'Print the manual page, or write all pages to a folder'
        }
        &'deploy;schema'= {
            cand --project 'The folder that holds `deploy/` (default: this folder or the nearest one above)'
            cand -e 'The environment (default: the only one)'
            cand --env 'The environment (default: the only one)'
            cand --target 'One target of the environment (default: all of them)'
            cand --app 'The app, found by its releases in the cluster instead of by a checkout'
            cand --context 'The kubeconfig context to use instead of the target''s'
            cand -n 'The namespace to use instead of the target''s'
            cand --namespace 'The namespace to use instead of the target''s'
            cand --kubeconfig 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)'
            cand -o 'How to speak'
            cand --output 'How to speak'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand --no-color 'No colours'
            cand -v 'Say more; twice for every request'
            cand --verbose 'Say more; twice for every request'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploy;completions'= {
            cand --project 'The folder that holds `deploy/` (default: this folder or the nearest one above)'
            cand -e 'The environment (default: the only one)'
            cand --env 'The environment (default: the only one)'
            cand --target 'One target of the environment (default: all of them)'
            cand --app 'The app, found by its releases in the cluster instead of by a checkout'
            cand --context 'The kubeconfig context to use instead of the target''s'
            cand -n 'The namespace to use instead of the target''s'
            cand --namespace 'The namespace to use instead of the target''s'
            cand --kubeconfig 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)'
            cand -o 'How to speak'
            cand --output 'How to speak'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand --no-color 'No colours'
            cand -v 'Say more; twice for every request'
            cand --verbose 'Say more; twice for every request'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'deploy;man'= {
            cand --project 'The folder that holds `deploy/` (default: this folder or the nearest one above)'
            cand -e 'The environment (default: the only one)'
            cand --env 'The environment (default: the only one)'
            cand --target 'One target of the environment (default: all of them)'
            cand --app 'The app, found by its releases in the cluster instead of by a checkout'
            cand --context 'The kubeconfig context to use instead of the target''s'
            cand -n 'The namespace to use instead of the target''s'
            cand --namespace 'The namespace to use instead of the target''s'
            cand --kubeconfig 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)'
            cand -o 'How to speak'
            cand --output 'How to speak'
            cand -y 'Answer yes to every question'
            cand --yes 'Answer yes to every question'
            cand --no-color 'No colours'
            cand -v 'Say more; twice for every request'
            cand --verbose 'Say more; twice for every request'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
