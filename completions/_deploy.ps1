# Completion of deploy for PowerShell 5 and newer. The program itself says what a word may become.

Register-ArgumentCompleter -Native -CommandName deploy -ScriptBlock {
    param($current, $line, $cursor)
    $words = @($line.CommandElements |
            Where-Object { $_.Extent.StartOffset -lt $cursor } |
            ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    # An empty word is not handed to programs by every version: it is left out, and only counted.
    $index = $words.Count
    if ($current) { $index -= 1 }
    $null | deploy complete $index '--' $words 2>$null | ForEach-Object {
        $value, $about = $_ -split "`t", 2
        if (-not $about) { $about = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
    }
}
