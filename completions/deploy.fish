# Completion of deploy for fish. The program itself says what a word may become.

function __deploy_complete
    set -l typed (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    command deploy complete (count $typed) -- $typed $current </dev/null 2>/dev/null
end

complete --command deploy --erase
complete --command deploy --no-files --keep-order --arguments '(__deploy_complete)'
