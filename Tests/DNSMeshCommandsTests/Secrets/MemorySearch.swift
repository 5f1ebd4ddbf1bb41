#if os(Linux)
    import Foundation

    /// Looks for a secret in all memory that this process can write to, without holding a copy of it.
    struct MemorySearch: Sendable {
        private static let mask: UInt8 = 0x5a
        private static let pieceCount = 1 << 20

        /// The bytes that are looked for, none of them as it is.
        private let hidden: [UInt8]
        /// The place of a byte that is rare in other memory.
        private let anchor: Int

        /// - Parameter secret: At least 16 bytes that nobody else holds, such as random ones.
        init(for secret: Span<UInt8>) {
            precondition(secret.count >= 16)
            self.hidden = secret.indices.map { secret[$0] ^ Self.mask }
            self.anchor = secret.indices.first { (0x80..<0xff).contains(secret[$0]) } ?? 0
        }

        /// How often the bytes stand in memory.
        func count() throws -> Int {
            let memory = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/mem"))
            var piece = [UInt8](repeating: 0, count: Self.pieceCount + self.hidden.count)
            let regions = try Self.writableRegions()
            return unsafe piece.withUnsafeMutableBytes { piece in
                let own = UInt(bitPattern: piece.baseAddress)
                let ownRange = own..<(own + UInt(piece.count))
                var count = 0
                for region in regions.flatMap({ Self.without(ownRange, $0) }) {
                    for start in stride(from: region.lowerBound, to: region.upperBound, by: Self.pieceCount) {
                        let wanted = min(Int(region.upperBound - start), piece.count)
                        // What can't be read, such as the guards around secrets, holds nothing.
                        let found = unsafe pread(memory.fileDescriptor, piece.baseAddress, wanted, Int(start))
                        let bytes = unsafe UnsafeRawBufferPointer(rebasing: piece.prefix(max(0, found)))
                        unsafe count += self.count(in: bytes)
                    }
                }
                unsafe piece.initializeMemory(as: UInt8.self, repeating: 0)
                return count
            }
        }

        private func count(in bytes: UnsafeRawBufferPointer) -> Int {
            guard bytes.count >= self.hidden.count, let start = bytes.baseAddress else { return 0 }
            let first = Int32(self.hidden[self.anchor] ^ Self.mask)
            var (offset, count) = (self.anchor, 0)
            let end = bytes.count - self.hidden.count + self.anchor + 1
            while offset < end, let found = unsafe memchr(start + offset, first, end - offset) {
                let place = unsafe UnsafeRawPointer(found) - start
                let isThere = self.hidden.indices.allSatisfy {
                    unsafe bytes[place - self.anchor + $0] == self.hidden[$0] ^ Self.mask
                }
                if isThere { count += 1 }
                offset = place + 1
            }
            return count
        }

        private static func without(_ own: Range<UInt>, _ region: Range<UInt>) -> [Range<UInt>] {
            guard own.overlaps(region) else { return [region] }
            let (start, end) = (max(own.lowerBound, region.lowerBound), min(own.upperBound, region.upperBound))
            return [region.lowerBound..<start, end..<region.upperBound]
        }

        private static func writableRegions() throws -> [Range<UInt>] {
            let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
            return maps.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ")
                let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard bounds.count == 2, fields[1].hasPrefix("rw"), bounds[1] - bounds[0] < 1 << 30 else { return nil }
                return bounds[0]..<bounds[1]
            }
        }
    }
#endif
