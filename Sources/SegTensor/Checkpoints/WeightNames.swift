// The one rule for names: which tensor of a model a tensor of a file is for. Programs put prefixes before a model's
// names: `module.` (DataParallel, AveragedModel), `_orig_mod.` (torch.compile), `model.` and `net.` (training
// frameworks), `features.` and `backbone.` (a network of which the model is a part).

import SegSystem

/// The names of a file's tensors in a model.
public struct WeightNames: Sendable {
    /// What is taken off the file's names; names without it are of nothing in the model. Empty if they are used
    /// unchanged.
    public let prefix: String
    /// Other prefixes by which as many names fit.
    public let rivals: [String]
    /// The prefix of the whole network that the model is a part of: `module.` for `module.features.`.
    private let outer: String
    private let hasHead: Bool

    /// Layers that make classes of features; a backbone has none.
    private static let heads: Set<String> = ["classifier", "aux_classifier", "fc", "head"]
    /// Longer prefixes are not searched.
    private static let prefixLimit = (dots: 8, bytes: 200)

    /// Takes the prefix by which most names fit, if more fit so than unchanged.
    public init(file: some Sequence<String>, model: some Sequence<String>) {
        let wanted = Set(model)
        var fits: [String: Int] = [:]
        var order: [String] = []
        var unchanged = 0
        for name in file {
            if wanted.contains(name) { unchanged += 1 }
            var dots = 0
            for place in name.utf8.indices.prefix(Self.prefixLimit.bytes)
            where name.utf8[place] == UInt8(ascii: ".") && dots < Self.prefixLimit.dots {
                dots += 1
                let rest = name.utf8.index(after: place)
                guard wanted.contains(String(name[rest...])) else { continue }
                let prefix = String(name[..<rest])
                if fits[prefix] == nil { order.append(prefix) }
                fits[prefix, default: 0] += 1
            }
        }
        let most = fits.values.max() ?? 0
        let best = most > unchanged ? order.filter { fits[$0] == most } : []
        let prefix = best.first ?? ""
        self.prefix = prefix
        rivals = Array(best.dropFirst())
        outer = prefix.dropLast().lastIndex(of: ".").map { String(prefix[...$0]) } ?? ""
        hasHead = wanted.contains(where: Self.isHead)
    }

    /// The name in the model; nil if the tensor is of another part of the file's network.
    public func inModel(_ name: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// Whether a tensor of the model is in a head.
    public static func isHead(_ name: String) -> Bool {
        name.firstIndex(of: ".").map { heads.contains(String(name[..<$0])) } ?? false
    }

    /// Whether a tensor of the file is in a head of the file's network.
    public func isFileHead(_ name: String) -> Bool {
        [prefix, outer].contains { name.hasPrefix($0) && Self.isHead(String(name.dropFirst($0.count))) }
    }

    /// Whether nothing is lost if a tensor of the file is not used: the head of a classification file whose
    /// features are loaded into a backbone, and the count of an AveragedModel.
    public func isDispensable(_ name: String) -> Bool {
        !hasHead && isFileHead(name) || name == outer + "n_averaged"
    }
}
