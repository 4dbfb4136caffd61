# Completion of deploy for bash 3.2 and newer. The program itself says what a word may become.

_deploy() {
  local line=${COMP_LINE:0:COMP_POINT} program=deploy word blank head i n=-1
  local -a words=() values=() abouts=()
  case $1 in */*) program=$1 ;; esac

  # bash takes words apart at = and : too; here they are whole again, up to the cursor.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    blank=${line%%[![:space:]]*}
    line=${line#"$blank"}
    word=${COMP_WORDS[i]}
    if ((i == COMP_CWORD)); then word=$line; fi
    if [[ -n $blank || $n -lt 0 ]]; then
      n=$((n + 1))
      words[n]=$word
    else
      words[n]=${words[n]}$word
    fi
    line=${line#"$word"}
  done

  # What comes before the part that bash puts the answer in place of.
  head=
  case $COMP_WORDBREAKS in *[=:]*)
    blank=${COMP_WORDBREAKS//[!=:]/}
    head=${words[n]%"${words[n]##*["$blank"]}"}
    ;;
  esac

  while IFS=$'\t' read -r word line; do
    values+=("${word#"$head"}")
    abouts+=("$line")
  done < <("$program" complete "$n" -- "${words[@]}" </dev/null 2>/dev/null)

  COMPREPLY=()
  if ((${#values[@]} == 1)); then
    word=${values[0]}
    case $word in *[=/]) compopt -o nospace 2>/dev/null ;; esac
    printf -v word %q "$word"
    COMPREPLY=("$word")
    return
  fi
  for ((i = 0; i < ${#values[@]}; i++)); do
    word=${values[i]}
    # Descriptions are for lists, not for keys that put one answer after the other on the line.
    case $COMP_TYPE in 37 | 42) ;; *)
      if [[ -n ${abouts[i]} ]]; then
        printf -v word '%.*s' $((${COLUMNS:-80} - 2)) "$word  (${abouts[i]})"
      fi
      ;;
    esac
    COMPREPLY+=("$word")
  done
  # A home folder is the shell's to know.
  case ${words[n]} in *'~'*) compopt -o default 2>/dev/null ;; esac
}

complete -o nosort -F _deploy deploy 2>/dev/null || complete -F _deploy deploy
