#if os(Linux)
    import Foundation

    /// Looks for a secret in all memory of this process that can be read, without holding a copy of it.
    ///
    /// Half of it is enough: what is freed has its first bytes overwritten, and keeps the others.
    struct MemorySearch: Sendable {
        private static let mask: UInt8 = 0x5a
        private static let pieceCount = 1 << 20

        private struct Half: Sendable {
            /// The bytes that are looked for, none of them as it is.
            let hidden: [UInt8]
            /// The place of a byte that is rare in other memory, which is full of letters, zeros and ones.
            let anchor: Int

            init(_ bytes: Span<UInt8>) {
                self.hidden = bytes.indices.map { bytes[$0] ^ MemorySearch.mask }
                self.anchor = bytes.indices.first { (0x80..<0xff).contains(bytes[$0]) } ?? 0
            }
        }

        private let halves: [Half]

        /// - Parameter secret: At least 30 bytes that nobody else holds, such as random ones.
        init(for secret: Span<UInt8>) {
            precondition(secret.count >= 30)
            let middle = secret.count / 2
            self.halves = [
                Half(secret.extracting(first: middle)), Half(secret.extracting(middle..<secret.count)),
            ]
        }

        /// How often the one or the other half stands in memory, whichever is there more often.
        func count() throws -> Int {
            let memory = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/mem"))
            let overlap = self.halves.map(\.hidden.count).max() ?? 0
            var piece = [UInt8](repeating: 0, count: Self.pieceCount + overlap - 1)
            let regions = try Self.readableRegions()
            return unsafe piece.withUnsafeMutableBytes { piece in
                let own = UInt(bitPattern: piece.baseAddress)
                let ownRange = own..<(own + UInt(piece.count))
                var counts = self.halves.map { _ in 0 }
                for region in regions.flatMap({ Self.without(ownRange, $0) }) {
                    for start in stride(from: region.lowerBound, to: region.upperBound, by: Self.pieceCount) {
                        let wanted = min(Int(region.upperBound - start), piece.count)
                        // What can't be read, such as the guards around secrets, holds nothing.
                        let found = unsafe pread(memory.fileDescriptor, piece.baseAddress, wanted, Int(start))
                        let bytes = unsafe UnsafeRawBufferPointer(rebasing: piece.prefix(max(0, found)))
                        for (index, half) in self.halves.enumerated() {
                            unsafe counts[index] += Self.count(half, startingWithin: Self.pieceCount, of: bytes)
                        }
                    }
                }
                unsafe piece.initializeMemory(as: UInt8.self, repeating: 0)
                return counts.max() ?? 0
            }
        }

        /// What starts further on than `limit` is counted with the next piece.
        private static func count(
            _ half: Half,
            startingWithin limit: Int,
            of bytes: UnsafeRawBufferPointer
        ) -> Int {
            guard bytes.count >= half.hidden.count, let start = bytes.baseAddress else { return 0 }
            let first = Int32(half.hidden[half.anchor] ^ Self.mask)
            var (offset, count) = (half.anchor, 0)
            let end = min(bytes.count - half.hidden.count + 1, limit) + half.anchor
            while offset < end, let found = unsafe memchr(start + offset, first, end - offset) {
                let place = unsafe UnsafeRawPointer(found) - start
                let isThere = half.hidden.indices.allSatisfy {
                    unsafe bytes[place - half.anchor + $0] == half.hidden[$0] ^ Self.mask
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

        private static func readableRegions() throws -> [Range<UInt>] {
            // To its end: what reads files at one go takes the first page of this one for the whole.
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/maps"))
            let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
            return maps.split(separator: "\n").compactMap { line in
                let fields = line.split(separator: " ")
                let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                // What the sanitizers reserve is larger, and holds no data.
                guard bounds.count == 2, fields[1].hasPrefix("r"), bounds[1] - bounds[0] < 1 << 30 else { return nil }
                return bounds[0]..<bounds[1]
            }
        }
    }
#endif
