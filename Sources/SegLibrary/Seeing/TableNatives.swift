// Records as tables: printed by `table`, returned as text by `table_text`.

import SegRuntime
import SegSystem
import SegTerminal

let tableNatives: [Native] = [
    Native(
        "table(rows)",
        "Prints records as rows of a table, with their names as header. The names in a record of records "
            + "are the first column. `write_csv(rows, path)` writes them to a file.",
        examples: [
            "table([(name=\"a\", n=1), (name=\"b\", n=12)])  # expect: name   n\n# expect: ────  ──\n# expect: a      1\n# expect: b     12"
        ]
    ) { call in
        let rows = try TableRows(call, 0)
        let isNamed = rows.isNamed
        let cells = try rows.cells(rows.header, isNamed: isNamed, call.interpreter)
        let table = Table(header: (isNamed ? [""] : []) + rows.header, rows: cells)
        call.interpreter.print(table.lines(call.interpreter.style))
        return .nilValue
    },
    Native(
        "table_text(rows, footer=nil, dispensable=nil, title=nil)",
        "The text that `table` prints, for the `line` or `display` of an object. Columns without an "
            + "entry are left out; the rows of `footer` are below a rule; the columns named in "
            + "`dispensable` are left out, in the order given, if the terminal is too narrow.",
        examples: [
            "print(table_text([(name=\"a\", n=1)], footer=[(name=\"all\", n=12)]))  # expect: name   n\n# expect: ────  ──\n# expect: a      1\n# expect: ────  ──\n# expect: all   12"
        ]
    ) { call in
        let rows = try TableRows(call, 0)
        let footer = call.isNil(1) ? nil : try TableRows(call, 1)
        let dispensable = call.isNil(2) ? [] : try call.items(2).compactMap(\.asString)
        let interpreter = call.interpreter
        let style = interpreter.style
        let isNamed = rows.isNamed
        let title = try call.optionalString(3)
        func table(_ columns: [String]) throws -> Table {
            Table(
                title: title, header: (isNamed ? [""] : []) + columns,
                rows: try rows.cells(columns, isNamed: isNamed, interpreter),
                footer: try footer?.cells(columns, isNamed: isNamed, interpreter) ?? [])
        }
        var columns = rows.header.filter { rows.hasEntry($0) || footer?.hasEntry($0) == true }
        for column in dispensable where style.isTerminal {
            var free = style
            free.columns = 10_000
            let needed = try table(columns).lines(free).map(TextWidth.of).max() ?? 0
            if needed <= style.columns { break }
            columns.removeAll { $0 == column }
        }
        return .string(try table(columns).lines(style).joined(separator: "\n"))
    },
]
