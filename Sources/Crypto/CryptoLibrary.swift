import COpenSSL

/// OpenSSL's global state.
public enum CryptoLibrary {
    /// Before anything else of OpenSSL's: then it is not torn down when the process exits, under threads that use it.
    public static func keepUntilExit() { OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) }
}
