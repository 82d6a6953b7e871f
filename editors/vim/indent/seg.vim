" Indentation of seg scripts, as `seg fmt` has it: four columns a bracket left open, and for a
" line that an operator, `=` or `->` goes on.
if exists("b:did_indent")
  finish
endif
let b:did_indent = 1
setlocal indentexpr=SegIndent(v:lnum)
setlocal indentkeys=0{,0},0),0],!^F,o,O,e
let b:undo_indent = "setlocal indentexpr< indentkeys<"

if exists("*SegIndent")
  finish
endif

" A line without its comment and without what its strings hold.
function! s:Code(line)
  let bare = substitute(getline(a:line), '"\(\\.\|[^"\\]\)*"', '""', 'g')
  return substitute(bare, '\s*#.*$', '', '')
endfunction

function! SegIndent(line)
  let previous = prevnonblank(a:line - 1)
  if previous == 0
    return 0
  endif
  let code = s:Code(previous)
  let indent = indent(previous)
  let before = prevnonblank(previous - 1)
  if code =~ '[({\[]$'
    let indent += shiftwidth()
  elseif code =~ '\(=\|->\|[-+*/%@^&|]\|\<and\|\<or\)$'
    if before == 0 || s:Code(before) !~ '\(=\|->\|[-+*/%@^&|]\|\<and\|\<or\)$'
      let indent += shiftwidth()
    endif
  elseif before > 0 && s:Code(before) =~ '\(=\|->\|[-+*/%@^&|]\|\<and\|\<or\)$'
    let indent -= shiftwidth()
  endif
  if getline(a:line) =~ '^\s*[)}\]]'
    let indent -= shiftwidth()
  endif
  return indent < 0 ? 0 : indent
endfunction
