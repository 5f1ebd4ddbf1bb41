#if os(Linux)
    import DMPCrypto
    import DMPProtocol
    import Foundation
    import Testing

    @testable import DNSMesh

    /// Each case runs in a process of its own, whose whole memory is searched.
    @Suite("Secrets of messages and backups in memory")
    struct MessageSecretMemoryTests {
        @Test("The key of a message is gone once it is sealed, and once it is opened")
        func messageKey() async {
            await #expect(processExitsWith: .success) {
                func key(of shared: consuming SecretBytes) throws -> SecretBytes {
                    let (salt, info) = ("DMP-v1", "DMP-Message-Encryption")
                    return try HKDF.sha256(secret: shared, salt: Array(salt.utf8), info: Array(info.utf8), count: 32)
                }
                func searches() throws -> [MemorySearch] {
                    let recipient = X25519.SecretKey.random()
                    let ephemeral = SecretBytes.random(count: 32)
                    let search = ephemeral.withBytes { MemorySearch(for: $0.extracting(1..<31)) }
                    let payload = try SessionCipher.seal(
                        [1, 2, 3],
                        to: recipient.publicKey,
                        authenticating: [],
                        ephemeral: X25519.SecretKey(ephemeral),
                        nonce: .random()
                    )
                    let opened = try SessionCipher.open(payload[...], with: recipient, authenticating: [])
                    #expect(opened == [1, 2, 3])
                    // What has been used is worked out once more, to know what to look for.
                    let shared = try recipient.sharedSecret(with: X25519.PublicKey(payload.prefix(32)))
                    let sharedSearch = shared.withBytes { MemorySearch(for: $0) }
                    let key = try key(of: shared)
                    let keySearch = key.withBytes { MemorySearch(for: $0) }
                    let alive = try keySearch.count()
                    #expect(alive == 1, "key, alive: \(alive)")
                    #expect(key.count == 32)
                    return [search, sharedSearch, keySearch]
                }
                for (name, search) in zip(["ephemeral key", "shared secret", "message key"], try searches()) {
                    let found = try search.count()
                    #expect(found == 0, "\(name): \(found)")
                }
            }
        }

        @Test("The passphrase of a backup is gone once the backup is written, and once it is read")
        func backup() async {
            await #expect(processExitsWith: .success) {
                try await withTestFolder { folder in
                    func search() throws -> MemorySearch {
                        let passphrase = SecretBytes.random(count: 40)
                        let search = passphrase.withBytes { MemorySearch(for: $0) }
                        let url = folder.appending(path: "backup")
                        var writer = try BackupWriter(
                            FileHandle(
                                fileDescriptor: SecretFile.open(url.path, creating: .exclusively),
                                closeOnDealloc: true
                            ),
                            passphrase: passphrase,
                            cost: Argon2id.Parameters(timeCost: 1, memoryKiB: 64, lanes: 2, outputByteCount: 64)
                        )
                        try writer.add("a", [1, 2, 3])
                        try writer.finish()
                        _ = try BackupReader(url, passphrase: passphrase)
                        let alive = try search.count()
                        #expect(alive == 1, "alive: \(alive)")
                        #expect(passphrase.count == 40)
                        return search
                    }
                    let search = try search()
                    let found = try search.count()
                    #expect(found == 0, "\(found)")
                }
            }
        }
    }
#endif
