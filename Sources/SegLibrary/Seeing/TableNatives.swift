// Records as tables: printed by `table`, returned as text by `table_text`.

import SegRuntime
import SegSystem
import SegTerminal

let tableNatives: [Native] = [
    Native(
        "table(rows, columns=nil)",
        "Prints a table, from a list of records or objects. A run's history is one, too, and so are a record of "
            + "records (their names are the first column), one of lists (its columns), and a tensor with labels. "
            + "`columns` names those to print, in their order. A terminal that is too narrow leaves out columns on "
            + "the right, but not the one that the rows are sorted by. `write_csv(rows, path)` writes the same to a "
            + "file.",
        examples: [
            "table([(name=\"a\", n=1, k=2), (name=\"b\", n=12, k=3)], columns=[\"k\", \"name\"])  # expect: k  name\n# expect: ─  ────\n# expect: 2  a\n# expect: 3  b",
            "table([(name=\"a\", n=1), (name=\"b\", n=12)])  # expect: name   n\n# expect: ────  ──\n# expect: a      1\n# expect: b     12",
            "table((name=[\"a\", \"b\"], n=[1, 12]))  # expect: name   n\n# expect: ────  ──\n# expect: a      1\n# expect: b     12",
        ]
    ) { call in
        let rows = try TableRows(call, 0, columns: 1)
        let isNamed = rows.isNamed
        let cells = try rows.cells(rows.header, isNamed: isNamed, call.interpreter)
        let header = (isNamed ? [""] : []) + rows.header
        let table = Table(
            header: header, rows: cells, essential: rows.order.flatMap { header.firstIndex(of: $0) })
        call.interpreter.print(try call.interpreter.lines(of: table, call.interpreter.style))
        return .nilValue
    },
    Native(
        "table_rows(x, columns=nil)",
        "What `table` prints, as a list of records that all have the same names. An entry that a row lacks is nil; "
            + "`columns` names those to take.",
        examples: [
            "print(table_rows([(a=1), (a=2, b=3)]))  # expect: [(a=1, b=nil), (a=2, b=3)]",
            "print(table_rows(tensor([3], labels=[\"Sky\"])))  # expect: [(label=\"Sky\", value=3)]",
        ]
    ) { call in
        let table = try TableRows(call, 0, columns: 1)
        let first = RecordObject(table.columns.map { ($0, .nilValue) })
        let values = try table.values(call.interpreter)
        return .list(
            try call.interpreter.made(values.count) { place in
                try call.interpreter.checkInterrupt()
                return .object(RecordObject(like: first, values: values[place]))
            })
    },
    Native(
        "column(rows, name)",
        "The entries of a column of a table as a list. The table is a list of records, as `read_csv` gives it, a "
            + "run's history, or anything else that `table` prints.",
        examples: ["print([(a=1), (a=2)].column(\"a\"))  # expect: [1, 2]"]
    ) { call in
        let table = try TableRows(call, 0)
        let name = try call.string(1)
        guard table.columns.contains(name) else { throw table.noColumn(name) }
        return .list(try table.values(of: name, call.interpreter))
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
        // Text for a value: without colours, which would be shown as escaped characters.
        let style = interpreter.style.withoutColor
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
            let (whole, unlimited) = (try table(columns), free)
            let needed = try interpreter.lines(of: whole, unlimited).map(TextWidth.of).max() ?? 0
            if needed <= style.columns { break }
            columns.removeAll { $0 == column }
        }
        let whole = try table(columns)
        let lines = try interpreter.lines(of: whole, style)
        return .string(try interpreter.awaited { lines.joined(separator: "\n") })
    },
]

extension Interpreter {
    /// The lines of a table, within the memory budget: each is as long as the longest.
    fileprivate func lines(of table: Table, _ style: TerminalStyle) throws -> [String] {
        // The lines, and the text that is made of them.
        let size =
            style.isTerminal ? min(table.fullSize, table.rows.count * style.columns * 4) : table.fullSize
        if size >= 1 << 16 { try reserve(2 * size, for: "a table of \(table.rows.count) rows") }
        return try awaited { table.lines(style) }
    }
}
