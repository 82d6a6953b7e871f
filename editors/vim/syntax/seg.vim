" Syntax of seg scripts. The keyword lists are compared with the lexer's by a test.
if exists("b:current_syntax")
  finish
endif

syntax keyword segConditional if else
syntax keyword segRepeat for in while
syntax keyword segStatement break continue return global
syntax keyword segException try catch
syntax keyword segInclude import
syntax keyword segStructure type
syntax keyword segOperatorWord and or not
" `is` is an operator between two operands only, elsewhere a name.
syntax match segOperatorWord "\%([A-Za-z0-9_)\]}\"]\s\+\)\@<=is\>\ze\s"
syntax keyword segBoolean true false
syntax keyword segConstant nil
syntax keyword segSelf self

syntax match segMember "\.\@1<=\h\w*"
syntax match segDefinition "^\s*\zs\h\w*\ze([^=]*\(=[^=]*\)*)\s*=[^=]"
syntax match segTypeName "\(\<type\s\+\)\@<=\h\w*"
syntax match segArgument "[(,]\s*\zs\h\w*\ze=[^=]"
syntax match segNumber "\<\(0x[0-9A-Fa-f_]\+\|\d[0-9_]*\(\.\d[0-9_]*\)\?\([eE][+-]\?\d\+\)\?\)"
syntax match segNumber "[A-Za-z0-9_)\]]\@1<!\.\d\+\([eE][+-]\?\d\+\)\?"
syntax match segOperator "->\|\.\.\.\|\.\.<\|[-+*/%@^&|!<>=]"

syntax match segComment "#.*$" contains=segExpectation,@Spell
syntax match segDocumentation "##.*$" contains=@Spell
syntax match segExpectation "# expect[^:]*:" contained

syntax match segEscape "\\\(u{\x\+}\|[nt\"\\{}]\)" contained
syntax match segFormat ":[^{}\"(),\[\]]*\ze}" contained
syntax region segInterpolation matchgroup=segBrace start="{" end="}" contained
      \ contains=ALLBUT,segComment,segDocumentation,segExpectation,segEscape
syntax cluster segInString contains=segEscape,segInterpolation,@Spell
syntax region segString start=+"+ skip=+\\.+ end=+"+ oneline contains=@segInString
syntax region segString start=+"""+ end=+"""+ contains=@segInString

highlight default link segConditional Conditional
highlight default link segRepeat Repeat
highlight default link segStatement Statement
highlight default link segException Exception
highlight default link segInclude Include
highlight default link segStructure Structure
highlight default link segOperatorWord Operator
highlight default link segBoolean Boolean
highlight default link segConstant Constant
highlight default link segSelf Identifier
highlight default link segDefinition Function
highlight default link segTypeName Type
highlight default link segArgument Identifier
highlight default link segNumber Number
highlight default link segOperator Operator
highlight default link segComment Comment
highlight default link segDocumentation SpecialComment
highlight default link segExpectation PreProc
highlight default link segEscape SpecialChar
highlight default link segFormat SpecialChar
highlight default link segBrace Delimiter
highlight default link segString String

let b:current_syntax = "seg"
