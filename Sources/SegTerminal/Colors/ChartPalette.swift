// The colours of the series of a chart. The colours of classes are SegImaging's ClassPalette.

/// Eight colours that colour-blind people can distinguish (after Okabe and Ito 2008), which also differ
/// in lightness. From the ninth series on they repeat.
enum ChartPalette {
    /// The number of series that differ by colour alone.
    static var count: Int { paper.count }

    /// The colour of series `index` on white paper.
    static func onPaper(_ index: Int) -> RGB { paper[abs(index % paper.count)] }

    /// The same hue, light enough for a dark terminal and dark enough for a light one.
    static func onTerminal(_ index: Int) -> RGB { terminal[abs(index % terminal.count)] }

    private static let paper: [RGB] = [
        0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000, 0x8c6d31,
    ].map { RGB(hex: $0) }

    private static let terminal: [RGB] = [
        0x3d9bdc, 0xe5702a, 0x1fae85, 0xcc79a7, 0xd79a14, 0x7fa8c9, 0x8f8f8f, 0xa98a4e,
    ].map { RGB(hex: $0) }
}
