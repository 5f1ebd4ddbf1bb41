/// The field of 256 elements in which both codes of the protocol compute.
///
/// An element is a byte: the coefficients of a polynomial over GF(2), modulo x⁸+x⁴+x³+x²+1 (0x11d). Addition is xor.
/// Every element but 0 is a power of α = 2.
///
/// Source: protocol documents, "From plaintext to TXT strings and back", section 2.2.
package enum GF256 {
    /// The number of elements other than 0, after which the powers of α repeat.
    static let order = 255

    /// Entry i is αⁱ. The row of 255 powers stands there three times, so that a sum of logarithms is an index as it is.
    static let powers: [UInt8] = {
        var powers = [UInt8](repeating: 1, count: 3 * order)
        for exponent in powers.indices.dropFirst() {
            let last = powers[exponent - 1]
            powers[exponent] = last << 1 ^ (last & 0x80 == 0 ? 0 : 0x1d)
        }
        return powers
    }()

    /// Entry v is the exponent that gives v. Entry 0 means nothing and is 0, so that a sum may pass over it.
    static let logarithms: [UInt8] = {
        var logarithms = [UInt8](repeating: 0, count: 256)
        for exponent in 0..<order {
            logarithms[Int(powers[exponent])] = UInt8(exponent)
        }
        return logarithms
    }()

    /// α to the power of `exponent`, which is at least 0.
    package static func power(_ exponent: Int) -> UInt8 {
        powers[exponent % order]
    }

    package static func product(_ a: UInt8, _ b: UInt8) -> UInt8 {
        guard a != 0, b != 0 else { return 0 }
        return powers[Int(logarithms[Int(a)]) + Int(logarithms[Int(b)])]
    }

    /// The element that times `divisor` gives `dividend`; `nil` if `divisor` is 0.
    package static func quotient(_ dividend: UInt8, _ divisor: UInt8) -> UInt8? {
        guard divisor != 0 else { return nil }
        guard dividend != 0 else { return 0 }
        return powers[Int(logarithms[Int(dividend)]) + order - Int(logarithms[Int(divisor)])]
    }
}
