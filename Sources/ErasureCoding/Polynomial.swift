/// A polynomial over GF(256).
struct Polynomial {
    private var coefficients: [UInt8]

    init(lowestFirst coefficients: [UInt8]) {
        self.coefficients = coefficients
    }

    init(highestFirst coefficients: [UInt8]) {
        self.coefficients = coefficients.reversed()
    }

    /// The coefficient of a power, 0 beyond the highest one.
    subscript(power: Int) -> UInt8 {
        self.coefficients.indices.contains(power) ? self.coefficients[power] : 0
    }

    /// The highest power whose coefficient is not 0; −1 for the polynomial 0.
    var degree: Int {
        self.coefficients.lastIndex { $0 != 0 } ?? -1
    }

    var derivative: Polynomial {
        // i · c is c for odd i and 0 for even i, as 1 + 1 = 0.
        Polynomial(lowestFirst: self.coefficients.indices.dropFirst().map { $0 % 2 == 1 ? self.coefficients[$0] : 0 })
    }

    func value(at x: UInt8) -> UInt8 {
        var value: UInt8 = 0
        for coefficient in self.coefficients.reversed() {
            value = GF256.product(value, x) ^ coefficient
        }
        return value
    }

    /// The product, without the powers from `limit` on.
    func product(with other: Polynomial, below limit: Int) -> Polynomial {
        var product = Polynomial(lowestFirst: [])
        for (power, coefficient) in other.coefficients.enumerated() where coefficient != 0 {
            product.add(self, times: coefficient, shiftedBy: power)
        }
        return Polynomial(lowestFirst: Array(product.coefficients.prefix(limit)))
    }

    /// Adds `other` · `factor` · x^`shift`.
    mutating func add(_ other: Polynomial, times factor: UInt8, shiftedBy shift: Int) {
        let missing = other.coefficients.count + shift - self.coefficients.count
        if missing > 0 {
            self.coefficients += repeatElement(0, count: missing)
        }
        for (power, coefficient) in other.coefficients.enumerated() {
            self.coefficients[power + shift] ^= GF256.product(factor, coefficient)
        }
    }
}
