// Charts of numbers: curves, bars, heat maps; on the terminal, or in a file with save=.

import SegRuntime
import SegSystem
import SegTensor
import SegTerminal

/// The signature of `plot` and `scatter` from the data on.
private let plotParameters =
    "(data, y=nil, title=nil, x_label=nil, y_label=nil, log=nil, xlim=nil, ylim=nil, width=nil, height=nil, "
    + "save=nil, dpi=nil)"

/// Curves or points with the arguments of `plotParameters`.
private func presentPlot(_ call: Arguments, isScatter: Bool) throws -> Value {
    let isFile = call.isDrawn(10)
    let log = call.isNil(5) ? (x: try call.isInDecades(0), y: false) : try call.logAxes(5)
    let (xLimits, yLimits) = (try call.limits(6, isLog: log.x), try call.limits(7, isLog: log.y))
    let width = try call.extent(8, file: isFile, isHeight: false)
    let height = try call.extent(9, file: isFile, isHeight: true)
    let (title, xLabel, yLabel) = (
        try call.optionalString(2), try call.optionalString(3), try call.optionalString(4)
    )
    let panels = call.isNil(1) ? try call.panels(0) : [try call.panel(x: 0, y: 1)]
    // A title is that of the whole where its parts have their own.
    let isAlone = panels.count == 1 && panels[0].title == nil
    let plots = panels.map { panel in
        var series = panel.curves
        for index in series.indices { series[index].isScatter = isScatter }
        return LinePlot(
            title: isAlone ? title : panel.title, xLabel: xLabel ?? panel.xLabel, yLabel: yLabel, logX: log.x,
            logY: log.y,
            xLimits: xLimits, yLimits: yLimits, series: series)
    }
    // Places on paper, and their text in a file.
    let points = plots.reduce(0) { $0 + $1.series.reduce(0) { $0 + $1.y.count } }
    try call.interpreter.reserve(
        points * (isScatter ? 240 : 48), for: "\(call.native.name) of \(plural(points, "point"))")
    let figure = PlotPanels(title: isAlone ? nil : title, width: width, height: height, plots)
    return try call.present(figure, save: 10, dpi: 11)
}

let chartNatives: [Native] = [
    Native(
        "plot" + plotParameters,
        "Curves on the terminal, or in a .png, .svg or .pdf with save=. plot(y) draws a list of numbers over its "
            + "indices, from 0; plot(x, y) draws y over x. Takes lists and tensors of numbers, a list or a "
            + "record of curves, what `histogram` gives, a schedule, a run or its history (epochs from 1), several runs by name (a colour for each, training dashed); a "
            + "curve may be (x=…, y=…, low=…, high=…), with a band. log=\"x\", \"y\" or \"xy\" names the "
            + "logarithmic axes (the settings of a sweep over decades have one unless log is false), xlim=[0, 10] and ylim= their ends. width= and height=, of the whole "
            + "figure, are characters and lines on the terminal, points (72 per inch) in a file, where the letters of "
            + "a small figure are smaller; a PNG has dpi= pixels per inch, by default 144. A column of a paper is about 240 points wide: "
            + "width=240, dpi=300.",
        examples: [
            "plot((loss=[3, 2, 1]), save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<svg\"))  # expect: true",
            "plot([1, 10, 100], [0.1, 0.2, 0.4], log=\"x\", save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \">100<\"))  # expect: true",
            "plot([3, 2, 1], save=\"example.png\", width=240, height=180, dpi=300)"
                + "\nprint(read_image(\"example.png\").shape)  # expect: [3, 750, 1000]",
        ], effect: .writing(to: "save")
    ) { call in try presentPlot(call, isScatter: false) },
    Native(
        "scatter" + plotParameters,
        "Points over two axes, as `plot` draws curves: scatter(x, y), or several by name, (a=(x=…, y=…), …). "
            + "The other arguments are those of `plot`.",
        examples: [
            "scatter([1, 2, 4], [3, 1, 2], save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<circle\"))  # expect: true"
        ], effect: .writing(to: "save")
    ) { call in try presentPlot(call, isScatter: true) },
    Native(
        "bars(data, title=nil, log=false, save=nil, width=nil, dpi=nil)",
        "A bar for each number, with its label. Takes a labelled tensor such as data.counts, a record, a "
            + "list, or what `histogram` gives. With log=true the bars have a logarithmic axis.",
        examples: [
            "bars((a=1, b=2), save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<svg\"))  # expect: true"
        ], effect: .writing(to: "save")
    ) { call in
        let chart = BarChart(
            title: try call.optionalString(1), log: try call.bool(2),
            bars: try call.labelled(0))
        return try call.present(chart, sizedAfter: 3)
    },
    Native(
        "heatmap(data, title=nil, save=nil, width=nil, dpi=nil)",
        "A matrix as shades; a confusion matrix is shown by row, as fractions of the row's sum. In a file, rows and "
            + "columns have numbers where there is no room for their names: the places in data.classes.",
        examples: [
            "heatmap(eye(3), save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<svg\"))  # expect: true"
        ], effect: .writing(to: "save")
    ) { call in
        /// The values, their shades, and the picture of these.
        func require(_ count: Int) throws {
            try call.interpreter.reserve(elements: 3 * count, for: "a heat map of \(count) entries")
        }
        if let list = call[0].asList {
            let (columns, values) = try call.matrix(list, 0)
            try require(values.count)
            let map = Heatmap(
                title: try call.optionalString(1), rowCount: list.items.count, columnCount: columns,
                values: values)
            return try call.present(map, sizedAfter: 2)
        }
        guard call[0].asTensorValue != nil else { throw call.needs("a matrix of numbers", 0, got: call[0]) }
        let tensor = try call.tensor(0)
        guard tensor.rank == 2 else {
            throw Failure(
                .shape, "heatmap needs a matrix, got a tensor of the shape \(tensor.shape)", argument: 0)
        }
        try require(tensor.count)
        let isCounts =
            tensor.dtype.isInteger && tensor.labels[0] != nil && tensor.labels[0] == tensor.labels[1]
        let map = Heatmap(
            title: try call.optionalString(1), rowLabel: isCounts ? "truth" : nil,
            columnLabel: isCounts ? "prediction" : nil, rows: tensor.labels[0]?.names ?? [],
            columns: tensor.labels[1]?.names ?? [], rowCount: tensor.shape[0], columnCount: tensor.shape[1],
            values: try tensor.doubles(), shading: isCounts ? .rowShare : .value)
        return try call.present(map, sizedAfter: 2)
    },
]
