import ArgumentParser
import DMPCrypto
import DMPProtocol
import DNSMesh
import Foundation

extension IdentityCommand {
    /// `dnsmesh identity rotate`.
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Replace your keys by those of a new passphrase.",
            discussion: """
                Contacts that follow rotations take the new keys by themselves. With the reasons compromise and lost-key \
                the old key is revoked, and they must compare and pin the new keys by hand. If the command is \
                interrupted, run it again: it goes on where it stopped.
                """
        )

        @Flag(help: "Required: the format of the records may change.")
        var experimental = false

        @Option(
            help: ArgumentHelp("Why: routine, compromise, lost-key or other.", valueName: "reason"),
            transform: RotationReason.init(argument:)
        )
        var reason = RotationReason(value: .routine)

        @Option(
            help: ArgumentHelp(
                "The file of the new passphrase; else \(NewPassphrase.variable), else you are asked.",
                valueName: "file"
            ),
            completion: .file()
        )
        var newPassphraseFile: String?

        @Option(help: "How long the records stay published, in seconds.", transform: ArgumentReading.seconds)
        var ttl: UInt32 = 86_400

        @Option(help: "For how long contacts can follow, in seconds.", transform: ArgumentReading.seconds)
        var expSeconds: UInt32 = 31_536_000

        @Flag(name: .customLong("advertise-v2"), help: "Say that you read messages with a sender's address (DMPv2).")
        var advertisesEnvelope = false

        @Flag(help: "Accepted and without effect: nothing is asked.")
        var yes = false

        @OptionGroup var clientOptions: ClientOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard self.experimental else {
                throw ValidationError("identity rotate is experimental: its records may change. Add --experimental.")
            }
        }

        func run() async throws {
            let context = CommandContext.current
            let folder = self.clientOptions.home.folder
            let configuration = try self.clientOptions.configurationFile.load()
            let keys = try await self.deriveKeys(configuration, context)
            // Whoever receives meanwhile would seal messages under keys that are on their way out.
            let report = try await FolderLock(folder: folder, name: ".recv.lock").tryLock {
                try await self.clientOptions.withClient(.publishing, keys: keys.new) { client in
                    try await keys.requireMatch(try await client.pendingRotation(), context)
                    return try await client.rotateIdentity(from: keys.old, self.request, adopt: self.adoption(keys.new))
                }
            }
            guard let report else {
                throw CommandFailure.user("`dnsmesh recv` is at work in \(folder.path); end it, then rotate")
            }
            try self.output.write(FinishedRotation(report: report))
            self.adviseOnPassphrase(configuration, context)
        }

        private var request: RotationRequest {
            RotationRequest(
                reason: self.reason.value,
                validity: UInt64(self.expSeconds),
                lifetime: self.ttl,
                advertisesEnvelope: self.advertisesEnvelope
            )
        }

        private func deriveKeys(_ configuration: Configuration, _ context: CommandContext) async throws -> RotationKeys
        {
            let file = self.clientOptions.configurationFile
            let derivation = IdentityDerivation(file: file, context: context)
            let present = try await Passphrase(
                configuration: configuration,
                configurationPath: file.path,
                context: context
            )
            .read()
            let new = try await NewPassphrase(path: self.newPassphraseFile, context: context).read()
            return RotationKeys(
                old: try await derivation.keys(from: present, configuration),
                new: try await derivation.keys(from: new, configuration),
                tripwire: Tripwire(expected: configuration.verifyKey, environment: context.environment)
            )
        }

        /// Makes the new passphrase the one that the configuration expects.
        private func adoption(_ keys: IdentityKeys) -> @Sendable () async throws -> Void {
            let file = self.clientOptions.configurationFile
            let path = self.newPassphraseFile.map { CommandContext.current.file(at: $0).standardizedFileURL.path }
            return {
                _ = try await file.update { configuration in
                    configuration.verifyKey = keys.signingKey.hex
                    if let path { configuration.passphraseFile = path }
                }
            }
        }

        private func adviseOnPassphrase(_ configuration: Configuration, _ context: CommandContext) {
            if context.variable("DMP_PASSPHRASE") != nil {
                context.console.message("from now on DMP_PASSPHRASE must hold the new passphrase")
            }
            if self.newPassphraseFile == nil, let path = configuration.passphraseFile, !path.isEmpty {
                context.console.message("write the new passphrase into \(path): it holds the old one")
            }
        }
    }
}

/// A reason as it is typed; the reference writes `lost_key`.
struct RotationReason: Hashable {
    let value: RevocationRecord.Reason

    init(value: RevocationRecord.Reason) { self.value = value }

    init(argument: String) throws {
        switch argument {
        case "routine": self.value = .routine
        case "compromise": self.value = .compromise
        case "lost-key", "lost_key": self.value = .lostKey
        case "other": self.value = .other
        default: throw ValidationError("a reason is routine, compromise, lost-key or other")
        }
    }
}

/// The keys before and after, both from passphrases under the same salt.
private struct RotationKeys {
    let old: IdentityKeys
    let new: IdentityKeys
    let tripwire: Tripwire

    /// Catches a mistyped present passphrase. Where a rotation has begun the new one has proven itself, and the
    /// configuration may know it already.
    func requireMatch(_ pending: PendingRotation?, _ context: CommandContext) async throws {
        if let pending, pending.isUnderWay, pending.newKey == self.new.signingKey { return }
        if case .overridden(let warning) = try self.tripwire.check(self.old.signingKey) {
            context.console.note(warning)
        }
    }
}

private struct FinishedRotation: CommandResult {
    let report: RotationReport

    var text: String {
        let revocation =
            self.report.isRevoked
            ? "published RevocationRecord (old key) to \(self.report.rotationName)"
            : "reason=\(self.report.reason.name): skipping RevocationRecord, so that contacts can follow"
        return """
            current signing key: \(self.report.oldKey.hex)
            new signing key:     \(self.report.newKey.hex)
            published RotationRecord to \(self.report.rotationName)
            \(revocation)
            published new IdentityRecord to \(self.report.identityName)
            published \(self.report.prekeys.published)/\(self.report.prekeys.requested) prekeys to \
            \(self.report.prekeys.owner)
            """
    }

    var json: JSONValue {
        [
            "old_signing_key": .text(self.report.oldKey.hex), "new_signing_key": .text(self.report.newKey.hex),
            "reason": .text(self.report.reason.name), "revoked": .bool(self.report.isRevoked),
            "rotation_name": .text(self.report.rotationName.text), "dns_name": .text(self.report.identityName.text),
            "prekeys": .number(Int64(self.report.prekeys.published)), "resumed": .bool(self.report.isResumed),
        ]
    }
}

extension RevocationRecord.Reason {
    fileprivate var name: String {
        switch self {
        case .compromise: "compromise"
        case .routine: "routine"
        case .lostKey: "lost-key"
        case .other: "other"
        }
    }
}
