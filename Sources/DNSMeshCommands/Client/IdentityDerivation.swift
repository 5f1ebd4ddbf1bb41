import DMPCrypto
import DMPProtocol
import DNSMesh

/// Turns the passphrase into the identity's keys, with the tripwire sprung before any network or database is touched.
struct IdentityDerivation: Sendable {
    let file: ConfigurationFile
    let context: CommandContext

    /// What a command knows about its identity once the passphrase has been accepted.
    struct Identity: Sendable {
        let keys: IdentityKeys
        let configuration: Configuration
    }

    /// Finds the passphrase, derives the keys, and checks that they are those of before.
    ///
    /// - Parameter configuration: What the file holds.
    /// - Returns: The keys, which the configuration knows from now on.
    /// - Throws: ``CommandFailure`` if there is no passphrase, or if it is another than before.
    func run(_ configuration: Configuration) async throws -> Identity {
        try await self.identity(configuration, of: try await self.passphrase(configuration))
    }

    /// As ``run(_:)``, with other work going on while the keys are derived. The passphrase is there when it begins; if it
    /// turns out to be wrong, that is what is thrown.
    func run<Value: Sendable>(
        _ configuration: Configuration,
        beside work: @Sendable () async throws -> Value
    ) async throws -> (IdentityKeys, Value) {
        let passphrase = try await self.passphrase(configuration)
        async let value = work()
        let keys = try await self.identity(configuration, of: passphrase).keys
        return (keys, try await value)
    }

    private func passphrase(_ configuration: Configuration) async throws -> SecretText {
        guard !configuration.username.isEmpty else {
            throw CommandFailure.user("\(self.file.path): username: is missing; restore the file from a backup")
        }
        _ = try self.salt(in: configuration)  // a damaged one is worth no passphrase
        return try await Passphrase(
            configuration: configuration,
            configurationPath: self.file.path,
            context: self.context
        ).read()
    }

    private func identity(_ configuration: Configuration, of passphrase: SecretText) async throws -> Identity {
        let keys = try await self.keys(from: passphrase, configuration)
        let tripwire = Tripwire(expected: configuration.verifyKey, environment: self.context.environment)
        switch try tripwire.check(keys.signingKey) {
        case .match: break
        case .firstUse: try await self.remember(keys.signingKey)
        case .overridden(let warning): self.context.console.note(warning)
        }
        return Identity(keys: keys, configuration: configuration)
    }

    /// The keys that a passphrase gives under the salt of the configuration. Nothing is checked.
    func keys(from passphrase: SecretText, _ configuration: Configuration) async throws -> IdentityKeys {
        try await Self.derive(passphrase: passphrase, salt: try self.salt(in: configuration))
    }

    private func salt(in configuration: Configuration) throws(CommandFailure) -> [UInt8] {
        do {
            return try KeyDerivationSalt.bytes(in: configuration) ?? IdentityKeys.defaultSalt
        } catch {
            throw .user("\(self.file.path): \(error)")
        }
    }

    /// Argon2id takes its time and 32 MiB: not on a thread that other tasks wait for.
    @concurrent
    private static func derive(passphrase: SecretText, salt: [UInt8]) async throws -> IdentityKeys {
        try IdentityKeys(privateKey: Argon2id.derive(passphrase: passphrase.bytes, salt: salt))
    }

    /// A key that can't be stored is no reason to stop; another one that was stored meanwhile is.
    private func remember(_ key: Ed25519.PublicKey) async throws {
        let environment = self.context.environment
        do {
            _ = try await self.file.update { configuration in
                let tripwire = Tripwire(expected: configuration.verifyKey, environment: environment)
                if try tripwire.check(key) == .firstUse { configuration.verifyKey = key.hex }
            }
        } catch let failure as CommandFailure where failure.message.hasPrefix("passphrase mismatch") {
            throw failure
        } catch {
            let reason = (error as? CommandFailure)?.message ?? FileReason.of(error)
            self.context.console.note("warning: could not persist verify_pubkey to config: \(reason)")
        }
    }
}
