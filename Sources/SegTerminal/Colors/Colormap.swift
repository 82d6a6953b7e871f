// The colour maps of heat maps: numbers as colours.

/// Numbers from 0 to 1 as colours, by linear interpolation between equidistant colours.
struct Colormap: Sendable {
    let stops: [RGB]

    /// Matplotlib's viridis, for terminals: small values are dark.
    static let screen = Colormap(hex: [
        0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6dcd59, 0xb4de2c, 0xfde725,
    ])
    /// ColorBrewer's Blues, for paper: small values are white.
    static let paper = Colormap(hex: [
        0xf7fbff, 0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6, 0x4292c6, 0x2171b5, 0x08519c, 0x08306b,
    ])
    /// ColorBrewer's RdBu, reversed: blue is below zero, red above.
    static let diverging = Colormap(hex: [
        0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b,
    ])

    private init(hex: [UInt32]) { stops = hex.map { RGB(hex: $0) } }

    func color(_ share: Double) -> RGB {
        let place = share.held(within: 0...1) * Double(stops.count - 1)
        let index = Int(place, within: 0...max(stops.count - 2, 0))
        guard index + 1 < stops.count else { return stops.first ?? .black }
        return stops[index].mixed(with: stops[index + 1], place - Double(index))
    }
}
