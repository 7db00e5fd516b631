#include "gateway/cli/keys.h"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "signing/demo_chain.h"
#include "signing/digest.h"
#include "signing/entropy.h"
#include "signing/key.h"
#include "signing/password.h"
#include "signing/self_signed.h"
#include "signing/webhook.h"

namespace tollgate::gateway::cli {
namespace {

constexpr mode_t kOwnerOnly = 0600;
constexpr mode_t kEveryoneReads = 0644;

class NewFile {
public:
    NewFile(const std::filesystem::path& path, mode_t mode)
        : descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) {}
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    ~NewFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }

    bool opened() const { return descriptor_ >= 0; }
    bool write(std::string_view text) const {
        while (!text.empty()) {
            const ssize_t written = ::write(descriptor_, text.data(), text.size());
            if (written <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        return ::fsync(descriptor_) == 0;
    }

private:
    int descriptor_;
};

Result<Done> write_new(const std::filesystem::path& path, std::string_view text, mode_t mode) {
    const NewFile file(path, mode);
    if (!file.opened()) {
        return Error(ErrorCode::failed_precondition,
                     "cannot make " + path.string() +
                         (std::filesystem::exists(path) ? ": it is there already" : ""));
    }
    if (!file.write(text)) return Error(ErrorCode::unavailable, "cannot write " + path.string());
    std::printf("wrote %s\n", path.c_str());
    return Done{};
}

Result<Done> must_be_new(const std::filesystem::path& file) {
    if (!std::filesystem::exists(file)) return Done{};
    return Error(ErrorCode::failed_precondition, file.string() + " is there already");
}

Result<Done> make_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (!failed) return Done{};
    return Error(ErrorCode::unavailable, "cannot make the folder " + folder.string());
}

// Writes a fresh bearer secret and prints its hash under the name that the settings give it.
Result<Done> new_bearer(const std::filesystem::path& file, const char* prefix, const char* name) {
    std::array<std::uint8_t, 32> bytes{};
    signing::openssl_entropy().fill(bytes);
    const Secret key(prefix +
                     signing::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    wipe_memory(bytes.data(), bytes.size());
    TOLLGATE_DO(write_new(file, std::string(key.reveal()) + "\n", kOwnerOnly));
    std::printf("%s %s\n", name, signing::sha256_hex(key.reveal()).c_str());
    return Done{};
}

constexpr std::size_t kPasswordBytesMin = 12;
constexpr std::size_t kPasswordBytesMax = 1'024;

// What is typed meanwhile is not shown.
class HiddenTyping {
public:
    HiddenTyping()
        : is_terminal_(::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &old_) == 0) {
        if (!is_terminal_) return;
        termios hidden = old_;
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        static_cast<void>(::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden));
    }
    HiddenTyping(const HiddenTyping&) = delete;
    HiddenTyping& operator=(const HiddenTyping&) = delete;
    ~HiddenTyping() {
        if (is_terminal_) static_cast<void>(::tcsetattr(STDIN_FILENO, TCSAFLUSH, &old_));
    }
    bool is_terminal() const { return is_terminal_; }

private:
    termios old_{};
    bool is_terminal_;
};

Secret read_line() {
    std::string line;
    for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
        if (line.size() <= kPasswordBytesMax) line += static_cast<char>(c);
    }
    return Secret(std::move(line));
}

}  // namespace

Result<Done> new_app_keys(const std::filesystem::path& folder, int bits, bool demo) {
    const auto private_file = folder / "app_private_key.pem";
    const auto public_file = folder / "app_public_key.pem";
    const auto console_file = folder / "app_public_key.txt";
    for (const auto& file : {private_file, public_file, console_file}) {
        TOLLGATE_DO(must_be_new(file));
    }
    TOLLGATE_DO(make_folder(folder));
    TOLLGATE_TRY(const auto key, signing::PrivateKey::generate(bits));
    TOLLGATE_DO(
        write_new(private_file, key.to_pkcs8_pem({.with_demo_marker = demo}).reveal(), kOwnerOnly));
    TOLLGATE_DO(write_new(public_file, key.public_half().to_spki_pem(), kEveryoneReads));
    return write_new(console_file, key.public_half().to_bare() + "\n", kEveryoneReads);
}

Result<Done> new_demo_chain(const std::filesystem::path& folder, const std::string& app_id,
                            const std::string& seller_id, Timestamp now) {
    const auto app_key_file = folder / "app_private_key.pem";
    const auto alipay_key_file = folder / "alipay_private_key.pem";
    const auto app_file = folder / "appCertPublicKey.crt";
    const auto root_file = folder / "alipayRootCert.crt";
    const auto alipay_file = [&folder](std::size_t i) {
        const std::string name = "alipayCertPublicKey_RSA2";
        return folder / (i == 0 ? name + ".crt" : name + ".renewed" + std::to_string(i) + ".crt");
    };
    for (const auto& file : {app_key_file, alipay_key_file, app_file, root_file, alipay_file(0)}) {
        TOLLGATE_DO(must_be_new(file));
    }
    TOLLGATE_TRY(
        const auto chain,
        signing::make_demo_chain({.app_id = app_id, .seller_id = seller_id, .valid_from = now}));
    TOLLGATE_DO(make_folder(folder));
    constexpr signing::PemOptions kDemo{.with_demo_marker = true};
    TOLLGATE_DO(write_new(app_key_file, chain.app_key.to_pkcs8_pem(kDemo).reveal(), kOwnerOnly));
    TOLLGATE_DO(
        write_new(alipay_key_file, chain.alipay_key.to_pkcs8_pem(kDemo).reveal(), kOwnerOnly));
    TOLLGATE_DO(write_new(app_file, chain.app_certificate, kEveryoneReads));
    TOLLGATE_DO(write_new(root_file, chain.roots, kEveryoneReads));
    for (std::size_t i = 0; i < chain.alipay_certificates.size(); ++i) {
        TOLLGATE_DO(write_new(alipay_file(i), chain.alipay_certificates[i], kEveryoneReads));
    }
    return Done{};
}

Result<Done> new_caller_key(const std::filesystem::path& file) {
    return new_bearer(file, "tgk_", "key_sha256");
}

Result<Done> new_tunnel_token(const std::filesystem::path& file) {
    return new_bearer(file, "tgt_", "token_sha256");
}

Result<Done> new_relay_certificate(const std::filesystem::path& folder,
                                   const std::vector<std::string>& names, Timestamp now) {
    TOLLGATE_TRY(const auto made,
                 signing::make_self_signed(
                     {.common_name = names.front(), .names = names, .valid_from = now}));
    TOLLGATE_DO(make_folder(folder));
    TOLLGATE_DO(write_new(folder / "relay_key.pem", made.private_key_pem.reveal(), kOwnerOnly));
    TOLLGATE_DO(write_new(folder / "relay_cert.pem", made.certificate_pem, kEveryoneReads));
    std::printf("pin %s\n", made.public_key_pin.c_str());
    return Done{};
}

Result<Done> new_webhook_secret(const std::filesystem::path& file) {
    const Secret secret = signing::make_webhook_secret(signing::openssl_entropy());
    return write_new(file, std::string(secret.reveal()) + "\n", kOwnerOnly);
}

Result<Done> print_password_hash() {
    Secret password;
    {
        const HiddenTyping typing;
        if (typing.is_terminal()) static_cast<void>(std::fputs("password: ", stderr));
        password = read_line();
        if (typing.is_terminal()) {
            static_cast<void>(std::fputs("\nonce more: ", stderr));
            const Secret again = read_line();
            static_cast<void>(std::fputs("\n", stderr));
            if (!signing::equal_in_constant_time(password.reveal(), again.reveal())) {
                return Error(ErrorCode::invalid_argument, "the two passwords differ");
            }
        }
    }
    const std::size_t size = password.reveal().size();
    if (size < kPasswordBytesMin || size > kPasswordBytesMax) {
        return Error(ErrorCode::invalid_argument,
                     "a password of 12 to 1024 bytes is needed, in one line");
    }
    std::puts(signing::PasswordHash::of(password, signing::openssl_entropy()).text().c_str());
    return Done{};
}

}  // namespace tollgate::gateway::cli
