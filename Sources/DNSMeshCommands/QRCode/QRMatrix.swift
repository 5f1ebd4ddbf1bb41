/// The modules of a QR code of version 4, without a mask: the fixed patterns, and the data around them.
struct QRMatrix {
    private static let size = QRCode.size
    private static let alignmentCentre = 26

    private var isDark = [Bool](repeating: false, count: size * size)
    private var isFixed = [Bool](repeating: false, count: size * size)

    init(codewords: [UInt8]) {
        for index in 0..<Self.size {
            self.fix(row: 6, column: index, index % 2 == 0)
            self.fix(row: index, column: 6, index % 2 == 0)
        }
        for (row, column) in [(3, 3), (3, Self.size - 4), (Self.size - 4, 3)] { self.drawFinder(row, column) }
        self.drawAlignment()
        self.drawFormat(0)  // marks the place; the true bits come with the mask
        self.fill(codewords)
    }

    /// The modules under one of the eight masks.
    func masked(_ mask: Int) -> [Bool] {
        var result = self
        for row in 0..<Self.size {
            for column in 0..<Self.size where !self.isFixed[row * Self.size + column] {
                if Self.inverts(mask, row, column) { result.isDark[row * Self.size + column].toggle() }
            }
        }
        result.drawFormat(mask)
        return result.isDark
    }

    private mutating func fix(row: Int, column: Int, _ dark: Bool) {
        guard (0..<Self.size).contains(row), (0..<Self.size).contains(column) else { return }
        self.isDark[row * Self.size + column] = dark
        self.isFixed[row * Self.size + column] = true
    }

    /// Rings around a centre, the outermost of them light.
    private mutating func drawFinder(_ centreRow: Int, _ centreColumn: Int) {
        for row in -4...4 {
            for column in -4...4 {
                let ring = max(abs(row), abs(column))
                self.fix(row: centreRow + row, column: centreColumn + column, ring != 2 && ring != 4)
            }
        }
    }

    private mutating func drawAlignment() {
        for row in -2...2 {
            for column in -2...2 {
                let isDark = max(abs(row), abs(column)) != 1
                self.fix(row: Self.alignmentCentre + row, column: Self.alignmentCentre + column, isDark)
            }
        }
    }

    /// The error correction level M and the mask, with ten check bits, twice; and the module that is always dark.
    private mutating func drawFormat(_ mask: Int) {
        var remainder = mask
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9 & 1) * 0x537 }
        let bits = (mask << 10 | remainder & 0x3ff) ^ 0x5412
        func isSet(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        let last = Self.size - 1
        for index in 0..<8 {
            let offset = index < 6 ? index : index + 1  // the timing pattern lies between
            self.fix(row: offset, column: 8, isSet(index))
            self.fix(row: 8, column: last - index, isSet(index))
        }
        for index in 8..<15 {
            let offset = index == 8 ? 7 : 14 - index
            self.fix(row: 8, column: offset, isSet(index))
            self.fix(row: last - 14 + index, column: 8, isSet(index))
        }
        self.fix(row: last - 7, column: 8, true)
    }

    /// Pairs of columns from the right, upwards and downwards in turn.
    private mutating func fill(_ codewords: [UInt8]) {
        let bits = codewords.flatMap { byte in (0..<8).reversed().map { (byte >> UInt8($0)) & 1 == 1 } } as [Bool]
        var rest = bits.makeIterator()
        var upward = true
        for right in [32, 30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 5, 3, 1] {
            for step in 0..<Self.size {
                let row = upward ? Self.size - 1 - step : step
                for column in [right, right - 1] where !self.isFixed[row * Self.size + column] {
                    self.isDark[row * Self.size + column] = rest.next() ?? false
                }
            }
            upward.toggle()
        }
    }

    private static func inverts(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
        switch mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: row * column % 2 + row * column % 3 == 0
        case 6: (row * column % 2 + row * column % 3) % 2 == 0
        default: ((row + column) % 2 + row * column % 3) % 2 == 0
        }
    }
}
