# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_deploy_global_optspecs
    string join \n project= e/env= target= app= context= n/namespace= kubeconfig= o/output= y/yes no-color v/verbose h/help V/version
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
complete -c deploy -n "__fish_deploy_needs_command" -l target -d 'One target of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_needs_command" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_needs_command" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_needs_command" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_needs_command" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_needs_command" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_needs_command" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_needs_command" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_needs_command" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_needs_command" -s V -l version -d 'Print version'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "schema" -d 'Print the JSON schema of deploy.yaml, for editors'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c deploy -n "__fish_deploy_needs_command" -f -a "man" -d 'Print the manual page, or write all pages to a folder'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l target -d 'One target of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l target -d 'One target of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c deploy -n "__fish_deploy_using_subcommand man" -l project -d 'The folder that holds `deploy/` (default: this folder or the nearest one above)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand man" -s e -l env -d 'The environment (default: the only one)' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l target -d 'One target of the environment (default: all of them)' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l app -d 'The app, found by its releases in the cluster instead of by a checkout' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l context -d 'The kubeconfig context to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -s n -l namespace -d 'The namespace to use instead of the target\'s' -r
complete -c deploy -n "__fish_deploy_using_subcommand man" -l kubeconfig -d 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)' -r -F
complete -c deploy -n "__fish_deploy_using_subcommand man" -s o -l output -d 'How to speak' -r -f -a "human\t'For people: live lines on a terminal, plain lines elsewhere'
plain\t'For people, nothing redrawn'
json\t'For programs: JSON'
github\t'For GitHub Actions: groups, annotations, a step summary'"
complete -c deploy -n "__fish_deploy_using_subcommand man" -s y -l yes -d 'Answer yes to every question'
complete -c deploy -n "__fish_deploy_using_subcommand man" -l no-color -d 'No colours'
complete -c deploy -n "__fish_deploy_using_subcommand man" -s v -l verbose -d 'Say more; twice for every request'
complete -c deploy -n "__fish_deploy_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
