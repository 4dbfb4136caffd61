# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_deploy_global_optspecs
    string join \n project= e/env= target= app= context= n/namespace= A/all-namespaces kubeconfig= o/output= y/yes no-color v/verbose h/help V/version
end

function __fish_deploy_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_deploy_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_deploy_using_subcommand
    set -l cmd (__fish_deploy_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c deploy -n "__fish_deploy_needs_command" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_needs_command" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_needs_command" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_needs_command" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_needs_command" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_needs_command" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_needs_command" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_needs_command" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_needs_command" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_needs_command" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_needs_command" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_needs_command" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_needs_command" -s V -l version -d 'Print version'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "app" -d 'Deploy the app: render, plan, apply, watch, and put the last good release back when it fails'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "plan" -d 'Show what a deploy would change, checked by the server\'s dry run; writes nothing to the cluster'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "rollback" -d 'Go back to the last good release, or to the one you name; works with no checkout'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "resume" -d 'Carry on a release that was interrupted, under its own number'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "status" -d 'Show what is running and whether it is well, with the cause when it is not'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "history" -d 'List the releases, newest first'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "show" -d 'Show one release: what, who, when, how it ended and why'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "restart" -d 'Roll all pods of a workload, and wait until the new ones are ready'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "delete" -d 'Remove the app from a target; says what it keeps'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "render" -d 'Print the YAML of one target, without asking a cluster'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "lint" -d 'Check the project without asking a cluster: every environment, or the one that --env names'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "notify" -d 'Try the notifiers of deploy.yaml, or see their messages on this machine'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "explain" -d 'Explain a finding or an exit code: what it means, how it is decided, what to do'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "sandbox" -d 'A real Kubernetes on this machine, no Docker needed'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "schema" -d 'Print the JSON schema of deploy.yaml, for editors'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "man" -d 'Print the manual page, or write all pages to a folder'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l image -d 'The image to use: a tag, `@sha256:…` or a full reference (NAME may be left out when there is just one image)' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l set -d 'A value for the templates; null deletes' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l values -d 'A YAML file of values for the templates' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l timeout -d 'How long the rollout may take: `auto` (computed from probes and replicas) or a duration such as 10m' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l plan -d 'Apply exactly the plan that `plan --out FILE` wrote; refused when the cluster moved on' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand app" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand app" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand app" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand app" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand app" -l no-wait -d 'Do not wait for the rollout; `deploy resume` waits for it later'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l no-rollback -d 'Leave a failed rollout as it is instead of putting the last good release back'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l force-conflicts -d 'Take over fields that another manager owns'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l adopt -d 'Take over objects that belong to another app or tool'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l wait-for-lock -d 'Wait for somebody\'s lock instead of ending with exit code 7'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l dry-run -d 'Show what would happen, with the server\'s dry run, and stop'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l from-live -d 'Start from the bundle, values, config and secrets that are running'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l accept-drift -d 'With --from-live: go on although live images differ from the record'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l allow-older -d 'Deploy a commit that is older than the running one'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l rerun -d 'Make a release even when nothing changed'
complete -c deploy -n "__fish_deploy_using_subcommand app" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand app" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand app" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand app" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand app" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l image -d 'The image to use: a tag, `@sha256:…` or a full reference (NAME may be left out when there is just one image)' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l set -d 'A value for the templates; null deletes' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l values -d 'A YAML file of values for the templates' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l out -d 'Write the plan to a file for `app --plan FILE`; secret values are not in it' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l from-live -d 'Start from the bundle, values, config and secrets that are running'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l exit-code -d 'End with exit code 10 when there are changes'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l force-conflicts -d 'Take over fields that another manager owns'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l adopt -d 'Take over objects that belong to another app or tool'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l to -d 'The release to go back to (default: the newest good one that differs from what runs)' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l timeout -d 'How long the rollout may take: `auto` (computed from probes and replicas) or a duration such as 10m' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l dry-run -d 'Show what would come back, and stop'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l take-over -d 'Take the lock from a run that is alive: it stops at its next write'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l no-wait -d 'Do not wait for the rollout; `deploy resume` waits for it later'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l no-rollback -d 'Leave a failed rollout as it is instead of putting the last good release back'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l force-conflicts -d 'Take over fields that another manager owns'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l adopt -d 'Take over objects that belong to another app or tool'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l wait-for-lock -d 'Wait for somebody\'s lock instead of ending with exit code 7'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand rollback" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l timeout -d 'How long the rollout may take: `auto` (computed from probes and replicas) or a duration such as 10m' -r
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l no-wait -d 'Do not wait for the rollout; `deploy resume` waits for it later'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l no-rollback -d 'Leave a failed rollout as it is instead of putting the last good release back'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l force-conflicts -d 'Take over fields that another manager owns'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l adopt -d 'Take over objects that belong to another app or tool'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l wait-for-lock -d 'Wait for somebody\'s lock instead of ending with exit code 7'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand status" -s f -l file -d 'Judge the objects in a file (`-` reads stdin) instead of a cluster' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand status" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand status" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand status" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand status" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand status" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand status" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand status" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand status" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand status" -l exit-code -d 'End with exit code 6 when something is not ready'
complete -c deploy -n "__fish_deploy_using_subcommand status" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand status" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand status" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand status" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand history" -l limit -d 'At most this many releases' -r
complete -c deploy -n "__fish_deploy_using_subcommand history" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand history" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand history" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand history" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand history" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand history" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand history" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand history" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand history" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand history" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand history" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand history" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand show" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand show" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand show" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand show" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand show" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand show" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand show" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand show" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand show" -l findings -d 'Every finding with all its evidence'
complete -c deploy -n "__fish_deploy_using_subcommand show" -l objects -d 'The objects it applied, as YAML; secrets without their data'
complete -c deploy -n "__fish_deploy_using_subcommand show" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand show" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand show" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand show" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l timeout -d 'How long the rollout may take: `auto` (computed from probes and replicas) or a duration such as 10m' -r
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l no-wait -d 'Do not wait for the rollout; `deploy resume` waits for it later'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l no-rollback -d 'Leave a failed rollout as it is instead of putting the last good release back'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l force-conflicts -d 'Take over fields that another manager owns'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l adopt -d 'Take over objects that belong to another app or tool'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l wait-for-lock -d 'Wait for somebody\'s lock instead of ending with exit code 7'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l dry-run -d 'Show what would go, and stop'
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand delete" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand render" -l image -d 'The image to use: a tag, `@sha256:…` or a full reference (NAME may be left out when there is just one image)' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l set -d 'A value for the templates; null deletes' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l values -d 'A YAML file of values for the templates' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l explain -d 'Say which layer set a value, instead of printing YAML: `values.a.b`' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand render" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand render" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand render" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand render" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand render" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand render" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand render" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand render" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l image -d 'The image to use: a tag, `@sha256:…` or a full reference (NAME may be left out when there is just one image)' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l set -d 'A value for the templates; null deletes' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l values -d 'A YAML file of values for the templates' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand lint" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand lint" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -f -a "test" -d 'Send one marked test message through each notifier of the environment, or through those you name'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and not __fish_seen_subcommand_from test inbox" -f -a "inbox" -d 'Receive messages on this machine and print them, to see what would be sent'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l port -d 'The port; 0 chooses a free one' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand notify; and __fish_seen_subcommand_from inbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand explain" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand explain" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand explain" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand explain" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand explain" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand explain" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -f -a "up" -d 'Start a sandbox, or say that it runs already'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -f -a "down" -d 'Stop a sandbox and remove all that was in it'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and not __fish_seen_subcommand_from up down status" -f -a "status" -d 'Say whether a sandbox runs and how to reach it'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l name -d 'Which sandbox, when there are several; its context is `deploy-sandbox-NAME`' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l name -d 'Which sandbox, when there are several; its context is `deploy-sandbox-NAME`' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l name -d 'Which sandbox, when there are several; its context is `deploy-sandbox-NAME`' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand man" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand man" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l target -d 'One or more targets of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand man" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand man" -s A -l all-namespaces -d 'Without a checkout: search every namespace that may be read'
complete -c deploy -n "__fish_deploy_using_subcommand man" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand man" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand man" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
