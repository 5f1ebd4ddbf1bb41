/// Computes shares that are not known from k known ones, byte position by byte position.
///
/// Share r is the value at the point x_r of a polynomial of degree < k, with x_0 = 0 and x_r = α^(r−1). From its values
/// at k points, its value at another point x is Σ over j of value j · Π over m ≠ j of (x + x_m) / (x_j + x_m).
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 2.3.
struct BlockInterpolation {
    /// How many known blocks are added to a sum at once, so that a sum is seldom read and written.
    private static let batchCount = 4

    private let knownCount: Int
    private let wantedCount: Int
    /// See ``coefficients(from:to:)``.
    private let coefficients: [UInt8]
    private var sums: [Block]
    private var batch: BlockMultiples
    private var addedCount = 0

    /// - Parameters:
    ///   - known: The numbers of the shares whose blocks will be added: all different.
    ///   - wanted: The numbers of the shares that are asked for, none of them known.
    init(from known: [Int], to wanted: [Int]) {
        self.knownCount = known.count
        self.wantedCount = wanted.count
        self.coefficients = Self.coefficients(from: known, to: wanted)
        self.sums = Array(repeating: .zero, count: wanted.count)
        self.batch = BlockMultiples(blockCount: min(Self.batchCount, known.count))
    }

    /// Takes in the block of the next known share.
    mutating func add(_ block: Span<UInt8>) {
        if self.addedCount.isMultiple(of: Self.batchCount) { self.batch.removeAll() }
        self.batch.append(Block(block))
        self.addedCount += 1
        let inBatch = (self.addedCount - 1) % Self.batchCount + 1
        guard inBatch == Self.batchCount || self.addedCount == self.knownCount else { return }
        let first = self.wantedCount * (self.addedCount - inBatch)
        let (table, batch) = (self.coefficients, self.batch)
        let coefficients = table.span
        var sums = self.sums.mutableSpan
        for row in sums.indices {
            let start = first + inBatch * row
            var sum = sums[row]
            batch.addProducts(with: coefficients.extracting(start..<start + inBatch), to: &sum)
            sums[row] = sum
        }
    }

    /// Writes the wanted blocks, each to its place in a row of blocks.
    ///
    /// - Parameters:
    ///   - places: The block number for each wanted share.
    ///   - blocks: A row of blocks of 128 bytes.
    func store(asBlocks places: [Int], of blocks: inout [UInt8]) {
        var bytes = blocks.mutableSpan
        for (sum, place) in zip(self.sums, places) {
            sum.store(into: &bytes, at: Block.byteCount * place)
        }
    }

    /// The factor of each known block in each wanted one: for the first batch of known ones those of the first wanted
    /// one, then those of the second, and so on; then the same for the next batch.
    private static func coefficients(from known: [Int], to wanted: [Int]) -> [UInt8] {
        // Products are sums of logarithms. Every divisor is a point of its own product's numerator, and counts once.
        let products = PointProducts(over: known)
        let numerators = wanted.map(products.logarithm)
        let divisors = known.map { 2 * GF256.order - products.logarithm(at: $0) }
        let (logarithmTable, powerTable) = (GF256.logarithms, GF256.powers)
        let (logarithms, powers) = (logarithmTable.span, powerTable.span)
        precondition(logarithms.count == 256)
        let (knownPoints, wantedPoints) = (known.map(ErasureCode.point), wanted.map(ErasureCode.point))
        var coefficients = [UInt8](repeating: 0, count: known.count * wanted.count)
        var output = coefficients.mutableSpan
        var place = 0
        for first in stride(from: 0, to: known.count, by: Self.batchCount) {
            let end = min(first + Self.batchCount, known.count)
            for row in wanted.indices {
                let (numerator, point) = (numerators[row], wantedPoints[row])
                for column in first..<end {
                    let difference = Int(logarithms[Int(point ^ knownPoints[column])])
                    output[place] = powers[numerator &+ divisors[column] &- difference]
                    place &+= 1
                }
            }
        }
        return coefficients
    }
}

/// Products of differences x + x_m over the points of k known shares.
///
/// The points of shares 1, 2, … are a geometric row, so the logarithm of α^a + α^b is min(a, b) + Z(|a − b|) with
/// Z(d) = log(1 + α^d), and sums over a range of shares come from the running sums of Z.
struct PointProducts {
    private let count: Int
    /// The points of known shares from k on, and those of shares below k that are not known: as many as of the others.
    private let added: [UInt8]
    private let removed: [UInt8]

    init(over known: [Int]) {
        self.count = known.count
        self.added = known.filter { $0 >= known.count }.map(ErasureCode.point)
        let present = Set(known)
        let removed = self.added.isEmpty ? [] : known.indices.filter { !present.contains($0) }
        self.removed = removed.map(ErasureCode.point)
    }

    /// The logarithm, below 255, of the product of all x + x_m with x the point of the share and m ≠ share known.
    func logarithm(at share: Int) -> Int {
        let logarithms = GF256.logarithms
        let x = ErasureCode.point(ofShare: share)
        // The difference to itself, which must be left out, counts 0: see GF256.logarithms.
        var sum = self.logarithmOverFirst(at: share)
        for other in self.added { sum &+= Int(logarithms[Int(x ^ other)]) }
        for other in self.removed { sum &-= Int(logarithms[Int(x ^ other)]) }
        let rest = sum % GF256.order
        return rest < 0 ? rest + GF256.order : rest
    }

    /// The same over shares 0..<k, not reduced.
    private func logarithmOverFirst(at share: Int) -> Int {
        guard share > 0 else { return (self.count - 1) * (self.count - 2) / 2 }
        let sums = Self.runningSums
        let below = min(share, self.count) - 1  // how many of the shares 1, 2, … below k have a lower number
        let above = max(0, self.count - 1 - share)
        return (share - 1) + below * (below - 1) / 2 + sums[share - 1] - sums[share - 1 - below]
            + above * (share - 1) + sums[above]
    }

    /// Entry n is Z(1) + … + Z(n).
    private static let runningSums: [Int] = {
        var sums = [0]
        for distance in 1..<GF256.order {
            sums.append(sums[distance - 1] + Int(GF256.logarithms[Int(1 ^ GF256.power(distance))]))
        }
        return sums
    }()
}
