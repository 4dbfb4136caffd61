# Completion of deploy for elvish. The program itself says what a word may become.

use str

set edit:completion:arg-completer[deploy] = {|@words|
  var index = (- (count $words) 1)
  try {
    e:deploy complete $index -- $@words </dev/null 2>/dev/null | from-lines | each {|line|
      var parts = [(str:split &max=2 "\t" $line)]
      var value = $parts[0]
      var display = $value
      if (> (count $parts) 1) { set display = $value'  ('$parts[1]')' }
      var suffix = ' '
      if (or (str:has-suffix $value '=') (str:has-suffix $value '/')) { set suffix = '' }
      edit:complex-candidate $value &display=$display &code-suffix=$suffix
    }
  } catch { nop }
}
