// Looking at values: curves, bars, heat maps, tables, pictures, masks; on the terminal, or
// into a file with save=.

import Glibc
import SegImaging
import SegRuntime
import SegTensor
import SegTerminal

extension Arguments {
    /// A list, range or tensor of numbers.
    fileprivate func numbers(of value: Value, _ place: Int) throws -> [Double] {
        if let tensor = value.asTensorValue { return try tensor.promise.doubles() }
        guard let items = try interpreter.items(value, for: native.name) else {
            throw wrong(place, "numbers")
        }
        return try items.map { item in
            if item.isNil { return .nan }
            guard let number = try interpreter.number(from: item) else { throw wrong(place, "numbers") }
            return number
        }
    }

    /// One curve: numbers, or a record (y=…, x=…, low=…, high=…) for bands.
    fileprivate func series(_ name: String, _ value: Value, _ place: Int) throws -> LinePlot.Series {
        guard let record = value.asRecord, let y = record["y"] else {
            return LinePlot.Series(name, y: try numbers(of: value, place))
        }
        func optional(_ key: String) throws -> [Double]? {
            try record[key].map { try numbers(of: $0, place) }
        }
        return LinePlot.Series(
            name, y: try numbers(of: y, place), x: try optional("x"), low: try optional("low"),
            high: try optional("high"))
    }

    /// What is to be plotted: titles with curves by name.
    fileprivate func panels(_ place: Int) throws -> [(title: String?, curves: [LinePlot.Series])] {
        var value = values[place]
        if let instance = value.asInstance, let method = instance.method(named: "curves") {
            value = try interpreter.call(method, [])
        }
        guard let record = value.asRecord else {
            if let list = value.asList,
                list.items.contains(where: { $0.asList != nil || $0.asTensorValue != nil })
            {
                return [(nil, try list.items.enumerated().map { try series("\($0)", $1, place) })]
            }
            return [(nil, [try series("", value, place)])]
        }
        let nested = record.values.allSatisfy { $0.asRecord != nil && $0.asRecord?["y"] == nil }
        if nested && record.count > 0 {
            return try zip(record.names, record.values).map { title, inner in
                let inner = inner.asRecord ?? RecordObject()
                return (title, try zip(inner.names, inner.values).map { try series($0, $1, place) })
            }
        }
        return [(nil, try zip(record.names, record.values).map { try series($0, $1, place) })]
    }

    fileprivate func labelled(_ place: Int) throws -> [(String, Double)] {
        if let record = values[place].asRecord {
            return try zip(record.names, record.values).map { name, value in
                guard let number = try interpreter.number(from: value) else {
                    throw wrong(place, "numbers by name")
                }
                return (name, number)
            }
        }
        let numbers = try numbers(of: values[place], place)
        let names = values[place].asTensorValue?.promise.labels[0]?.names
        return numbers.enumerated().map { (names?[$0] ?? "\($0)", $1) }
    }
}

let seeingNatives: [Native] = [
    Native(
        "plot(data, title=nil, x_label=nil, y_label=nil, log=false, save=nil)",
        "Curves on the terminal, or in a .png or .svg with save=. Takes numbers, lists of them, a record of curves by "
            + "name, a run's history; a curve may be (y=…, x=…, low=…, high=…) for a band.",
        examples: [
            "plot((loss=[3, 2, 1]), save=\"/tmp/seg-example.svg\")"
                + "\nprint(contains(read_text(\"/tmp/seg-example.svg\"), \"<svg\"))  # expect: true"
        ]
    ) { call in
        let panels = try call.panels(0)
        let plots = panels.map { panel in
            LinePlot(
                title: panel.title ?? (try? call.optionalString(1)) ?? nil,
                xLabel: try? call.optionalString(2),
                yLabel: try? call.optionalString(3), logY: call[4].asBool ?? false, firstX: 1,
                series: panel.curves)
        }
        if let path = try call.optionalString(5) {
            try Pictures.write(Drawing.grid(plots.map { $0.drawing() }, columns: 2, title: nil), to: path)
            return .nilValue
        }
        for plot in plots {
            call.interpreter.print(plot.lines(call.interpreter.style, height: plots.count > 1 ? 14 : nil))
        }
        return .nilValue
    },
    Native(
        "bars(data, title=nil, log=false, save=nil)",
        "A bar for each number, with its label: a labelled tensor such as data.counts, a record, or a list.",
        examples: [
            "bars((a=1, b=2), save=\"/tmp/seg-example.svg\")"
                + "\nprint(contains(read_text(\"/tmp/seg-example.svg\"), \"<svg\"))  # expect: true"
        ]
    ) { call in
        let chart = BarChart(
            title: try call.optionalString(1), log: try call.bool(2), showsShares: false,
            bars: try call.labelled(0).map { BarChart.Bar($0, $1) })
        if let path = try call.optionalString(3) {
            try Pictures.write(chart.drawing(), to: path)
        } else {
            call.interpreter.print(chart.lines(call.interpreter.style))
        }
        return .nilValue
    },
    Native(
        "heatmap(data, title=nil, save=nil)",
        "A matrix as shades; a confusion matrix shows each row by its own share.",
        examples: [
            "heatmap(eye(3), save=\"/tmp/seg-example.svg\")"
                + "\nprint(contains(read_text(\"/tmp/seg-example.svg\"), \"<svg\"))  # expect: true"
        ]
    ) { call in
        let tensor = try call.tensor(0)
        guard tensor.rank == 2 else { throw call.wrong(0, "a matrix") }
        let isCounts =
            tensor.dtype.isInteger && tensor.labels[0] != nil && tensor.labels[0] == tensor.labels[1]
        let map = Heatmap(
            title: try call.optionalString(1), rowLabel: isCounts ? "truth" : nil,
            columnLabel: isCounts ? "prediction" : nil, rows: tensor.labels[0]?.names ?? [],
            columns: tensor.labels[1]?.names ?? [], rowCount: tensor.shape[0], columnCount: tensor.shape[1],
            values: try tensor.doubles(), shading: isCounts ? .rowShare : .value)
        if let path = try call.optionalString(2) {
            try Pictures.write(map.drawing(), to: path)
        } else {
            call.interpreter.print(map.lines(call.interpreter.style))
        }
        return .nilValue
    },
    Native(
        "table(rows)",
        "Prints records as rows of a table, their names as its head; a record of records has its names in front. "
            + "`write_csv(rows, path)` keeps them in a file.",
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
        "show(value, save=nil)",
        "A picture [3, H, W], a mask [H, W] with its classes, a sample (both), or a data set (a contact sheet).",
        examples: [
            "show(streets(count=1, size=32)[0], save=\"/tmp/seg-example.png\")"
                + "\nprint(read_image(\"/tmp/seg-example.png\").shape[0])  # expect: 3"
        ]
    ) { call in
        let save = try call.optionalString(1)
        if let data = call[0].foreign(DatasetValue.self) {
            try Pictures.present(try data.contactSheet(), save: save, call.interpreter)
            return .nilValue
        }
        var tiles: [PictureSheet.Tile] = []
        if let sample = try Pictures.sample(call[0]) {
            tiles.append(.picture(try Pictures.pixels(sample.image.promise), caption: sample.name))
            if let mask = sample.mask { tiles.append(.mask(try Pictures.mask(mask), caption: "mask")) }
        } else if let value = call[0].asTensorValue {
            let isPicture =
                value.promise.rank >= 3 && value.promise.shape[value.promise.rank - 3] == 3
                && value.categories == nil
            tiles.append(
                isPicture ? .picture(try Pictures.pixels(value.promise)) : .mask(try Pictures.mask(value)))
        } else {
            throw call.wrong(0, "a picture, a mask, a sample or a data set")
        }
        try Pictures.present(PictureSheet(tiles: tiles), save: save, call.interpreter)
        return .nilValue
    },
    Native(
        "overlay(image, mask, opacity=0.5, save=nil)", "A picture with the colours of its mask laid over it.",
        examples: [
            "s = streets(count=1, size=32)[0]\noverlay(s.image, s.mask, save=\"/tmp/seg-example.png\")"
                + "\nprint(read_image(\"/tmp/seg-example.png\").shape[0])  # expect: 3"
        ]
    ) { call in
        guard let image = call[0].asTensorValue, let mask = call[1].asTensorValue else {
            throw call.wrong(0, "a picture and its mask")
        }
        let classes = try Pictures.mask(mask)
        let laid = classes.overlaid(on: try Pictures.pixels(image.promise), opacity: try call.number(2))
        try Pictures.present(
            PictureSheet(tiles: [.picture(laid, classes: classes)]), save: try call.optionalString(3),
            call.interpreter)
        return .nilValue
    },
    Native(
        "triptych(sample, prediction, save=nil)",
        "Picture, true mask and predicted mask side by side. The prediction is a mask [H, W] or logits [1, C, H, W], "
            + "or a record of several by name.",
        examples: ["s = streets(count=1, size=32)[0]\ntriptych(s, s.mask, save=\"/tmp/seg-example.png\")"]
    ) { call in
        guard let sample = try Pictures.sample(call[0]), let truth = sample.mask else {
            throw call.wrong(0, "a sample with image and mask")
        }
        var tiles: [PictureSheet.Tile] = [
            .picture(try Pictures.pixels(sample.image.promise), caption: sample.name),
            .mask(try Pictures.mask(truth), caption: "truth"),
        ]
        let named = call[1].asRecord.map { Array(zip($0.names, $0.values)) } ?? [("prediction", call[1])]
        for (name, value) in named {
            guard let given = value.asTensorValue else {
                throw call.wrong(1, "a mask or logits, or a record of them")
            }
            var prediction = given
            if given.promise.rank == 4 {
                prediction = TensorValue(try given.promise.argmax(axis: 1), categories: truth.categories)
            }
            tiles.append(.mask(try Pictures.mask(prediction, names: truth.categories), caption: name))
        }
        // Rows of three, or of four where that leaves fewer gaps.
        let sheet = PictureSheet(tiles: tiles, columns: tiles.count % 4 == 0 ? 4 : 3)
        try Pictures.present(sheet, save: try call.optionalString(2), call.interpreter)
        return .nilValue
    },
]

extension DatasetValue {
    /// Up to eight pictures spread over the data set, each with its mask's colours laid over.
    func contactSheet() throws -> PictureSheet {
        let shown = min(8, dataset.count)
        let tiles = try (0..<shown).map { place -> PictureSheet.Tile in
            let record = try sample(place * dataset.count / shown)
            guard let sample = try Pictures.sample(.object(record)) else {
                throw Failure(.value, "no sample")
            }
            return .picture(try Pictures.pixels(sample.image.promise), caption: sample.name)
        }
        return PictureSheet(title: "\(dataset.count) samples: \(dataset.about)", tiles: tiles)
    }

    func picture(_ interpreter: Interpreter) throws -> String {
        var lines = try contactSheet().lines(interpreter.style)
        if dataset.count > 0 {
            let frame = try dataset.frame(0)
            lines.append("\(frame.height) x \(frame.width) pixels, \(dataset.palette.count) classes")
        }
        return lines.joined(separator: "\n")
    }
}

extension CountsValue {
    func chart(_ interpreter: Interpreter) throws -> String {
        let names = promise.labels[0]?.names ?? []
        let chart = BarChart(
            title: "pixels by class", showsShares: true,
            bars: zip(names, pixelCounts.pixels).map { BarChart.Bar($0, Double($1)) })
        return chart.lines(interpreter.style).joined(separator: "\n")
    }
}
