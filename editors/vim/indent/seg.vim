" Indentation of seg scripts, as `seg fmt` has it: four columns for a block, and for a line that
" an operator, `=` or `->` goes on; arguments stand below the first.
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

function! s:IsText()
  return synIDattr(synID(line('.'), col('.'), 0), 'name') =~ 'String\|Comment\|Doc\|Brace\|Escape\|Interpolation'
endfunction

" The bracket around a place that is not closed before it: its line and column, or [0, 0].
function! s:Around(line, column)
  call cursor(a:line, a:column)
  return searchpairpos('[({\[]', '', '[)}\]]', 'bnW', 's:IsText()', max([1, a:line - 300]))
endfunction

" The line that a bracket's own line belongs to: brackets that were closed again do not count.
function! s:First(line, column)
  let outer = s:Around(a:line, a:column)
  let first = a:line
  while first > 0
    let around = s:Around(first, 1)
    if around[0] == 0 || around == outer
      return first
    endif
    let first = around[0]
  endwhile
  return a:line
endfunction

function! SegIndent(line)
  let previous = prevnonblank(a:line - 1)
  if previous == 0
    return 0
  endif
  let closes = getline(a:line) =~ '^\s*[)}\]]'
  let [row, column] = s:Around(a:line, 1)
  let base = 0
  if row > 0
    " What follows a ( or [ on its line is lined up with; a block is indented from its line.
    if getline(row)[column - 1] != '{' && s:Code(row) !~ '[({\[]$'
      return closes ? column - 1 : column
    endif
    let base = indent(s:First(row, column)) + (closes ? 0 : shiftwidth())
  endif
  let goeson = previous > row && s:Code(previous) =~ '\(=\|->\|[-+*/%@^&|]\|\<and\|\<or\)$'
  return base + (goeson && !closes ? shiftwidth() : 0)
endfunction
