#if os(Linux)
    import DMPCrypto
    import DMPProtocol
    import Foundation
    import Testing

    @testable import DNSMeshCommands

    /// Each case runs in a process of its own, whose whole memory is searched.
    @Suite("Secrets in memory")
    struct SecretMemoryTests {
        @Test("A search finds a secret that is alive, and nothing of it once it has ended")
        func ended() async {
            await #expect(processExitsWith: .success) {
                for count in [32, 64, 500] {
                    let search = try {
                        let alive = SecretBytes.random(count: count)
                        let search = alive.withBytes { MemorySearch(for: $0) }
                        let found = try search.count()
                        #expect(found == 1, "\(count) bytes, alive: \(found)")
                        #expect(alive.count == count)
                        return search
                    }()
                    let found = try search.count()
                    #expect(found == 0, "\(count) bytes, ended")
                    // Ordinary memory is searched as well.
                    let copy = SecretBytes.random(count: count).unguardedBytes()
                    let copies = try MemorySearch(for: copy.span).count()
                    #expect(copies >= 1, "\(copy.count) bytes in an array")
                }
            }
        }

        @Test("Neither a seed nor a private key is left behind by signing and agreeing")
        func keys() async {
            await #expect(processExitsWith: .success) {
                func sign(_ seed: consuming SecretBytes) throws {
                    let key = try Ed25519.SecretKey(seed: seed)
                    let isValid = key.publicKey.isValidSignature(key.sign([1, 2, 3]), for: [1, 2, 3])
                    #expect(isValid)
                }
                func agree(_ bytes: consuming SecretBytes) throws -> MemorySearch {
                    let key = try X25519.SecretKey(bytes)
                    _ = key.publicKey
                    return try key.sharedSecret(with: X25519.SecretKey.random().publicKey).withBytes {
                        MemorySearch(for: $0)
                    }
                }
                let seed = SecretBytes.random(count: 32)
                let seedSearch = seed.withBytes { MemorySearch(for: $0) }
                let alive = try seedSearch.count()
                #expect(alive == 1, "seed, alive: \(alive)")
                try sign(seed)
                let found = try seedSearch.count()
                #expect(found == 0, "seed")
                let bytes = SecretBytes.random(count: 32)
                // Agreements clamp the first and the last byte of their copy.
                let keySearch = bytes.withBytes { MemorySearch(for: $0.extracting(1..<31)) }
                let sharedSearch = try agree(bytes)
                let (foundKey, foundShared) = (try keySearch.count(), try sharedSearch.count())
                #expect(foundKey == 0, "private key")
                #expect(foundShared == 0, "shared secret")
            }
        }

        @Test("Neither a passphrase nor a derived key is left behind by a derivation")
        func derivation() async {
            await #expect(processExitsWith: .success) {
                func derive(from passphrase: borrowing SecretBytes) throws -> [MemorySearch] {
                    let key = try Argon2id.derive(passphrase: passphrase, salt: Array("0123456789abcdef".utf8))
                    let next = try HKDF.sha256(secret: key, salt: [1], info: [2], count: 32)
                    return [key.withBytes { MemorySearch(for: $0) }, next.withBytes { MemorySearch(for: $0) }]
                }
                func searches() throws -> [MemorySearch] {
                    let passphrase = SecretBytes.random(count: 40)
                    let searches = try [passphrase.withBytes { MemorySearch(for: $0) }] + derive(from: passphrase)
                    let alive = try searches[0].count()
                    #expect(alive == 1, "passphrase, alive: \(alive)")
                    #expect(passphrase.count == 40)
                    return searches
                }
                for (name, search) in zip(["passphrase", "derived key", "expanded key"], try searches()) {
                    let found = try search.count()
                    #expect(found == 0, "\(name): \(found)")
                }
            }
        }

        @Test("No key is left behind by sealing and opening")
        func cipher() async {
            await #expect(processExitsWith: .success) {
                func seal(_ key: borrowing SecretBytes) throws {
                    let nonce = ChaCha20Poly1305.Nonce.random()
                    let sealed = try ChaCha20Poly1305.seal([1, 2, 3], key: key, nonce: nonce, authenticating: [])
                    let opened = try ChaCha20Poly1305.open(sealed, key: key, nonce: nonce, authenticating: [])
                    #expect(opened == [1, 2, 3])
                    let code = HMAC.sha256.code(for: sealed, key: key)
                    #expect(code.count == 32)
                }
                func search() throws -> MemorySearch {
                    let key = SecretBytes.random(count: 32)
                    try seal(key)
                    let search = key.withBytes { MemorySearch(for: $0) }
                    let alive = try search.count()
                    #expect(alive == 1, "alive: \(alive)")
                    #expect(key.count == 32)
                    return search
                }
                let found = try search().count()
                #expect(found == 0)
            }
        }

        @Test("Keys of an identity, and all that is derived from them, are gone once it has ended")
        func identity() async {
            await #expect(processExitsWith: .success) {
                func searches() throws -> [MemorySearch] {
                    let bytes = SecretBytes.random(count: 32)
                    let privateSearch = bytes.withBytes { MemorySearch(for: $0.extracting(1..<31)) }
                    let seedSearch = SHA256.hash(bytes, followedBy: Array("DMP-v1-Ed25519-signing-key".utf8))
                        .withBytes { MemorySearch(for: $0) }
                    let keys = try IdentityKeys(privateKey: bytes)
                    _ = keys.ed25519.sign([1, 2, 3])
                    let storage = try keys.storageKey(label: "inbox")
                    let searches = [privateSearch, seedSearch, storage.withBytes { MemorySearch(for: $0) }]
                    let alive = try searches.map { try $0.count() }
                    #expect(alive.allSatisfy { $0 >= 1 }, "alive: \(alive)")
                    #expect(keys.encryptionKey.bytes.count == storage.count)
                    return searches
                }
                for (name, search) in zip(["private key", "seed", "storage key"], try searches()) {
                    let found = try search.count()
                    #expect(found == 0, "\(name): \(found)")
                }
            }
        }

        @Test("A passphrase that was read from a file is gone once the keys are there")
        func passphraseFile() async {
            await #expect(processExitsWith: .success) {
                try await withTestFolder { folder in
                    func search() async throws -> MemorySearch {
                        let passphrase = SecretBytes(count: 40) { bytes in
                            for index in 0..<40 { bytes[index] = UInt8.random(in: 0x61...0x7a) }
                        }
                        let file = try FileHandle(
                            fileDescriptor: SecretFile.open(folder.appending(path: "p").path, creating: .exclusively),
                            closeOnDealloc: true
                        )
                        for index in 0..<40 {
                            try file.write(contentsOf: Data([passphrase.withBytes { $0[index] }]))
                        }
                        var configuration = Configuration()
                        (configuration.username, configuration.passphraseFile) = ("alice", "p")
                        let context = TestUser(folder: folder).context(Recorder(), input: [])
                        let home = ConfigurationHome(flag: folder.path, context: context)
                        let derivation = IdentityDerivation(file: ConfigurationFile(home: home), context: context)
                        let read = try await Passphrase(
                            configuration: configuration,
                            configurationPath: "config.yaml",
                            context: context
                        ).read()
                        #expect(read.isSame(as: SecretText(passphrase.withBytes { SecretBytes(copying: $0) })))
                        let keys = try await derivation.keys(from: read, configuration)
                        #expect(keys.encryptionKey.bytes.count == 32)
                        let search = passphrase.withBytes { MemorySearch(for: $0) }
                        let alive = try search.count()
                        #expect(alive == 2, "alive: \(alive)")  // that of the test, and the one that was read
                        #expect(!read.isEmpty && passphrase.count == 40)
                        return search
                    }
                    let search = try await search()
                    let found = try search.count()
                    #expect(found == 0)
                }
            }
        }
    }
#endif
