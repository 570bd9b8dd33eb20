#pragma once
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdint.h>
#include <string.h>

/* OpenSSL offers these as macros, which Swift does not import. */
static inline long switchboard_ssl_ctx_set_min_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
static inline long switchboard_ssl_ctx_set_mode(SSL_CTX *context) {
    return SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                         SSL_MODE_RELEASE_BUFFERS);
}
/* A call that reads returns after a record without data, such as a change of keys, instead of reading on. */
static inline long switchboard_ssl_ctx_without_retry(SSL_CTX *context) {
    return SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}
static inline void switchboard_ssl_ctx_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
}
static inline long switchboard_ssl_ctx_set_groups(SSL_CTX *context, const char *names) {
    return SSL_CTX_set1_groups_list(context, names);
}
/* Tickets are all that sessions are resumed by: nothing is kept for a client. */
static inline long switchboard_ssl_ctx_without_cache(SSL_CTX *context) {
    return SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline void switchboard_ssl_ctx_without_tickets(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
}
/* Seconds since 1970; 0 if the time can't be read. */
static inline int64_t switchboard_x509_expiry(const X509 *certificate) {
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    int64_t result = 0;
    if (epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)) == 1)
        result = (int64_t)days * 86400 + seconds;
    ASN1_TIME_free(epoch);
    return result;
}
/* Of the certificate of its chain that expires first. */
static inline int64_t switchboard_ssl_ctx_expiry(const SSL_CTX *context) {
    const X509 *certificate = SSL_CTX_get0_certificate(context);
    STACK_OF(X509) *chain = NULL;
    int64_t first = certificate != NULL ? switchboard_x509_expiry(certificate) : 0;
    if (SSL_CTX_get0_chain_certs(context, &chain) != 1) return first;
    for (int index = 0; index < sk_X509_num(chain); index++) {
        int64_t expiry = switchboard_x509_expiry(sk_X509_value(chain, index));
        if (expiry < first) first = expiry;
    }
    return first;
}
/* The subject by RFC 2253, for OPENSSL_free; NULL without memory. */
static inline char *switchboard_x509_subject(const X509 *certificate, size_t *length) {
    BIO *text = BIO_new(BIO_s_mem());
    char *result = NULL;
    if (text != NULL && X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0) {
        char *bytes = NULL;
        long count = BIO_get_mem_data(text, &bytes);
        if (count >= 0 && (result = (char *)OPENSSL_malloc((size_t)count + 1)) != NULL) {
            /* A certificate may have no subject, and memcpy wants some bytes. */
            if (count > 0) memcpy(result, bytes, (size_t)count);
            *length = (size_t)count;
        }
    }
    BIO_free(text);
    return result;
}
static inline long switchboard_ssl_set_server_name(SSL *connection, const char *name) {
    return SSL_set_tlsext_host_name(connection, name);
}

/* Building a key of parameters, in C as they are kept by their pointers until the key is made. NULL if they make none. */
static inline EVP_PKEY *switchboard_key_of(const char *type, OSSL_PARAM_BLD *builder) {
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return key;
}
static inline EVP_PKEY *switchboard_rsa_key(const unsigned char *modulus, int modulus_bytes,
                                            const unsigned char *exponent, int exponent_bytes) {
    BIGNUM *n = BN_bin2bn(modulus, modulus_bytes, NULL);
    BIGNUM *e = BN_bin2bn(exponent, exponent_bytes, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (n != NULL && e != NULL && builder != NULL && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        key = switchboard_key_of("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return key;
}
/* point: 0x04, X, Y */
static inline EVP_PKEY *switchboard_p256_key(const unsigned char point[65]) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, 65) == 1)
        key = switchboard_key_of("EC", builder);
    OSSL_PARAM_BLD_free(builder);
    return key;
}
