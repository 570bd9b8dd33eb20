import CCurl

/// libcurl's global state.
enum CurlLibrary {
    private static let isInitialised: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Once, from any thread, before anything else of curl's.
    static func initialise() { precondition(isInitialised, "libcurl can't be initialised") }
}
