// The thin product for embedding: `import Seg` gives an interpreter, natives, values and
// errors, and the whole library.

@_exported import SegLibrary
@_exported import SegRuntime
@_exported import SegSyntax
