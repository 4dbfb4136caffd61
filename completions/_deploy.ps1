
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'deploy' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'deploy'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'deploy' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The folder that holds `deploy/` (default: this folder or the nearest one above)')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One target of the environment (default: all of them)')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The app, found by its releases in the cluster instead of by a checkout')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'The kubeconfig context to use instead of the target''s')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colours')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'Print the JSON schema of deploy.yaml, for editors')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the completions for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual page, or write all pages to a folder')
            break
        }
        'deploy;schema' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The folder that holds `deploy/` (default: this folder or the nearest one above)')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One target of the environment (default: all of them)')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The app, found by its releases in the cluster instead of by a checkout')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'The kubeconfig context to use instead of the target''s')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colours')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'deploy;completions' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The folder that holds `deploy/` (default: this folder or the nearest one above)')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One target of the environment (default: all of them)')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The app, found by its releases in the cluster instead of by a checkout')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'The kubeconfig context to use instead of the target''s')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colours')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'deploy;man' {
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'The folder that holds `deploy/` (default: this folder or the nearest one above)')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'The environment (default: the only one)')
            [CompletionResult]::new('--target', '--target', [CompletionResultType]::ParameterName, 'One target of the environment (default: all of them)')
            [CompletionResult]::new('--app', '--app', [CompletionResultType]::ParameterName, 'The app, found by its releases in the cluster instead of by a checkout')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'The kubeconfig context to use instead of the target''s')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'The namespace to use instead of the target''s')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'The kubeconfig file (default: $KUBECONFIG, then ~/.kube/config)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'How to speak')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Answer yes to every question')
            [CompletionResult]::new('--no-color', '--no-color', [CompletionResultType]::ParameterName, 'No colours')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more; twice for every request')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
