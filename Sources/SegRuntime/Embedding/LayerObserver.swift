// Who looks on while layers are called, as a summary does: told of each `forward` when it begins and when it
// has a result.

/// Sees the calls of layers. `depth` tells which result belongs to which beginning: between the two only calls
/// of a greater depth are seen.
public protocol LayerObserver: AnyObject {
    /// A layer begins with its first argument.
    func began(_ layer: Instance, _ argument: Value, depth: Int)
    /// The layer that began at this depth gave a result.
    func ended(_ result: Value, depth: Int)
}
