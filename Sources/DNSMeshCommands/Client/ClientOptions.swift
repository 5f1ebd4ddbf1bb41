import ArgumentParser
import Foundation

/// The options that name the folder of an identity. They may stand before the command or after it.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder of config.yaml; wins over DMP_CONFIG_HOME. Default: ~/.dmp.",
            valueName: "folder"
        ),
        completion: .directory
    )
    var configHome: String?

    @Option(
        help: ArgumentHelp(
            "The folder of saved node tokens; wins over DMP_TOKENS_HOME. Default: `tokens` in the folder that "
                + "--config-home names, else ~/.dmp/tokens.",
            valueName: "folder"
        ),
        completion: .directory
    )
    var tokensHome: String?

    var home: ConfigurationHome {
        ConfigurationHome(flag: self.configHome, tokensFlag: self.tokensHome, context: .current)
    }

    var configurationFile: ConfigurationFile { ConfigurationFile(home: self.home) }
}

extension ClientOptions {
    /// The keys of the identity, after the tripwire.
    func deriveIdentity() async throws -> IdentityDerivation.Identity {
        let file = self.configurationFile
        return try await IdentityDerivation(file: file, context: .current).run(try file.load())
    }
}
