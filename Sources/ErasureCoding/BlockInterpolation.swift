/// Computes unknown blocks from known ones that lie on the same polynomial, byte position by byte position.
///
/// A polynomial of degree < k is given by its values at k points. Its value at another point x is
/// Σ over j of value j · Π over m ≠ j of (x + x_m) / (x_j + x_m).
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 2.3.
struct BlockInterpolation {
    /// The factors of the known blocks, all those of one known block together.
    private let coefficients: [UInt8]
    private var sums: [BitPlanes]

    /// - Parameters:
    ///   - known: The points whose blocks will be added: at most 256, all different.
    ///   - wanted: The points whose blocks are asked for, none of them known.
    init(from known: [UInt8], to wanted: [UInt8]) {
        self.coefficients = Self.coefficients(from: known, to: wanted)
        self.sums = Array(repeating: BitPlanes(), count: wanted.count)
    }

    /// Takes in the block of the known point with this index. Every one must be added once.
    mutating func add(_ block: Span<UInt8>, ofKnown index: Int) {
        let matrices = GF256.bitMatrices
        let planeSums = BitPlanes(block).sums
        let block = planeSums.span
        let coefficients = self.coefficients
        let first = self.sums.count * index
        for row in self.sums.indices {
            self.sums[row].add(block, times: matrices[Int(coefficients[first + row])])
        }
    }

    /// Writes the wanted blocks, each to its place in a row of blocks.
    ///
    /// - Parameters:
    ///   - places: The block number for each wanted point.
    ///   - blocks: A row of blocks of 128 bytes.
    func store(asBlocks places: [Int], of blocks: inout [UInt8]) {
        var bytes = blocks.mutableSpan
        for (sum, place) in zip(self.sums, places) {
            sum.store(into: &bytes, at: BitPlanes.blockByteCount * place)
        }
    }

    /// The factor of each known block in each wanted one: for the first known point one byte for every wanted point,
    /// then the same for the second, and so on.
    static func coefficients(from known: [UInt8], to wanted: [UInt8]) -> [UInt8] {
        // Products are sums of logarithms. The factor m = j, to be left out, counts 0: see GF256.logarithms.
        let denominators = Self.productLogarithms(at: known, over: known)
        let numerators = Self.productLogarithms(at: wanted, over: known)
        let logarithms = GF256.logarithms
        let powers = GF256.powers
        return [UInt8](capacity: known.count * wanted.count) { output in
            for column in known.indices {
                let divisor = 2 * GF256.order - denominators[column]
                for row in wanted.indices {
                    let difference = Int(logarithms[Int(wanted[row] ^ known[column])])
                    output.append(powers[numerators[row] + divisor - difference])
                }
            }
        }
    }

    /// For each x of `points` the logarithm of the product of all x + y with y of `others`, y ≠ x.
    private static func productLogarithms(at points: [UInt8], over others: [UInt8]) -> [Int] {
        let logarithms = GF256.logarithms
        return points.map { x in
            var sum = 0
            for y in others {
                sum &+= Int(logarithms[Int(x ^ y)])
            }
            return sum % GF256.order
        }
    }
}
