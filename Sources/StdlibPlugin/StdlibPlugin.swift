import PackagePlugin

/// Embeds every stdlib/**/*.seg of its target; new files are found automatically.
@main
struct StdlibPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        guard let module = target as? SourceModuleTarget else { return [] }
        let scripts = module.sourceFiles(withSuffix: "seg").map(\.url)
        let output = context.pluginWorkDirectoryURL.appending(path: "Stdlib.swift")
        return [
            .buildCommand(
                displayName: "Embedding stdlib",
                executable: try context.tool(named: "EmbedStdlib").url,
                arguments: [output.path(), module.directoryURL.path()] + scripts.map { $0.path() },
                inputFiles: scripts, outputFiles: [output])
        ]
    }
}
