#include "transport/tls_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "base/check.h"
#include "base/secret.h"
#include "base/time_text.h"
#include "transport/descriptor.h"

namespace tollgate::transport {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20U;

// Into memory that is wiped, as the file may hold a key.
Result<Secret> read_file(const std::string& file) {
    const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(kFileBytesMax + 1, '\0');
    std::size_t size = 0;
    ssize_t got = descriptor ? 1 : -1;
    while (got > 0 && size < text.size()) {
        got = ::read(descriptor.get(), text.data() + size, text.size() - size);
        if (got > 0) size += static_cast<std::size_t>(got);
    }
    if (got < 0) {
        const std::string why = std::generic_category().message(errno);
        wipe_memory(text.data(), text.size());
        return tls_file_error(file, "cannot be read: " + why, "tls_file_unreadable");
    }
    Secret content(text.substr(0, size));
    wipe_memory(text.data(), text.size());
    if (size > kFileBytesMax) {
        return tls_file_error(file, "is larger than 1 MiB", "tls_file_unreadable");
    }
    return content;
}

BioHandle memory_of(const Secret& content) {
    const std::string_view text = content.reveal();
    BioHandle memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    TOLLGATE_CHECK(memory != nullptr);
    return memory;
}

// Without it OpenSSL would ask at the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

bool at_end_of_pem() {
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

Timestamp time_of(const ASN1_TIME& time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(&time, &parts) != 1) {
        ERR_clear_error();
        return {};
    }
    return {std::int64_t{::timegm(&parts)} * 1000};
}

}  // namespace

Error tls_file_error(const std::string& file, std::string_view what, std::string_view reason) {
    std::string message = file + ": " + std::string(what);
    if (const unsigned long last = ERR_peek_last_error(); last != 0) {
        const char* const detail = ERR_reason_error_string(last);
        if (detail != nullptr) message.append(" (").append(detail).append(")");
    }
    ERR_clear_error();
    return Error(ErrorCode::invalid_argument, std::move(message)).because(reason);
}

Result<std::vector<CertificateHandle>> read_certificates(const std::string& file) {
    TOLLGATE_TRY(const Secret content, read_file(file));
    const BioHandle memory = memory_of(content);
    std::vector<CertificateHandle> found;
    ERR_clear_error();
    while (true) {
        CertificateHandle next(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
        if (!next) break;
        found.push_back(std::move(next));
    }
    const bool whole = at_end_of_pem();
    if (whole) ERR_clear_error();
    if (found.empty() && whole) {
        return tls_file_error(file, "holds no PEM certificate", "tls_not_pem");
    }
    if (!whole) {
        return tls_file_error(file, "holds a certificate that cannot be read", "tls_not_pem");
    }
    return found;
}

Result<PkeyHandle> read_private_key(const std::string& file) {
    TOLLGATE_TRY(const Secret content, read_file(file));
    const BioHandle memory = memory_of(content);
    ERR_clear_error();
    bool passphrase_asked = false;
    PkeyHandle key(
        PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, &passphrase_asked));
    if (key) return key;
    ERR_clear_error();
    if (passphrase_asked) {
        return tls_file_error(file, "is protected by a passphrase; store the key without one",
                              "tls_key_encrypted");
    }
    return tls_file_error(file, "holds no PEM private key", "tls_not_pem");
}

Result<Timestamp> check_validity(const std::vector<CertificateHandle>& chain,
                                 const std::string& file, Timestamp now) {
    Timestamp first_end{INT64_MAX};
    for (const CertificateHandle& certificate : chain) {
        const Timestamp begins = time_of(*X509_get0_notBefore(certificate.get()));
        const Timestamp ends = time_of(*X509_get0_notAfter(certificate.get()));
        if (ends <= now) {
            return tls_file_error(file, "its certificate expired at " + to_rfc3339(ends),
                                  "tls_certificate_expired");
        }
        if (begins > now) {
            return tls_file_error(file, "its certificate is not valid before " + to_rfc3339(begins),
                                  "tls_certificate_not_yet_valid");
        }
        first_end = std::min(first_end, ends);
    }
    return first_end;
}

}  // namespace tollgate::transport
