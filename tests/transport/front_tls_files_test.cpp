// What is wrong with a listener's files is said when it opens, with the file's name.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include <openssl/err.h>

#include "tls_test.h"
#include "transport/tls_context.h"

namespace tollgate::transport::testing {
namespace {

using ::testing::HasSubstr;

class FrontTlsFiles : public TlsTest {
protected:
    void expect_refused(const TlsSettings& settings, const std::string& file,
                        const std::string& reason, const std::string& words) const {
        SCOPED_TRACE(reason);
        const auto loaded = TlsContext::load(settings, now_);
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(loaded.error().reason(), reason);
        EXPECT_THAT(loaded.error().message(), HasSubstr(file));
        EXPECT_THAT(loaded.error().message(), HasSubstr(words));
        // What is left there, the next connection of this thread would take for its own.
        EXPECT_EQ(ERR_peek_error(), 0U);
    }
    // The settings with one file's content replaced.
    std::string replace(const std::string& file, std::string_view content) {
        write_file(file, content);
        return file;
    }
};

TEST_F(FrontTlsFiles, AreLoadedWhenTheyAreGood) {
    for (const auto mode :
         {ClientCertificates::none, ClientCertificates::optional, ClientCertificates::required}) {
        const auto loaded = TlsContext::load(settings(mode), now_);
        ASSERT_TRUE(loaded) << loaded.error().message();
        EXPECT_GT((*loaded)->expires(), now_ + std::chrono::hours(24 * 29));
    }
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST_F(FrontTlsFiles, MayBeOneFileForBoth) {
    const std::string both = folder_.file("both.pem");
    write_file(both, read_whole(server_.key) + read_whole(server_.certificate));
    EXPECT_TRUE(TlsContext::load({.certificate_chain_file = both, .private_key_file = both}, now_));
}

TEST_F(FrontTlsFiles, AreNamedWhenTheyAreMissing) {
    const std::string nowhere = folder_.file("nowhere.pem");
    TlsSettings without = settings(ClientCertificates::required);
    without.certificate_chain_file = nowhere;
    expect_refused(without, nowhere, "tls_file_unreadable", "No such file");
    without = settings(ClientCertificates::required);
    without.private_key_file = nowhere;
    expect_refused(without, nowhere, "tls_file_unreadable", "No such file");
    without = settings(ClientCertificates::required);
    without.client_ca_file = nowhere;
    expect_refused(without, nowhere, "tls_file_unreadable", "No such file");
    without = settings();
    without.certificate_chain_file = folder_.path().string();
    expect_refused(without, folder_.path().string(), "tls_file_unreadable", "directory");
    without.certificate_chain_file = replace(nowhere, std::string((1U << 20U) + 1, 'x'));
    expect_refused(without, nowhere, "tls_file_unreadable", "larger than 1 MiB");
}

TEST_F(FrontTlsFiles, AreNamedWhenTheyAreNotPem) {
    for (const std::string& content :
         {std::string(), std::string("hello\n"), std::string(3, '\0')}) {
        for (const std::string& file : {server_.certificate, server_.key, client_.certificate}) {
            const std::string good = read_whole(file);
            write_file(file, content);
            expect_refused(settings(ClientCertificates::required), file, "tls_not_pem",
                           "holds no PEM");
            write_file(file, good);
        }
    }
    // A key where the certificate should be, and the other way round.
    TlsSettings swapped = settings();
    std::swap(swapped.certificate_chain_file, swapped.private_key_file);
    expect_refused(swapped, server_.key, "tls_not_pem", "holds no PEM certificate");
    swapped.certificate_chain_file = server_.certificate;
    swapped.private_key_file = server_.certificate;
    expect_refused(swapped, server_.certificate, "tls_not_pem", "holds no PEM private key");
}

TEST_F(FrontTlsFiles, AreNamedWhenTheyAreDamaged) {
    std::string text = read_whole(server_.certificate);
    text.erase(text.size() / 2, 8);
    write_file(server_.certificate, text);
    expect_refused(settings(), server_.certificate, "tls_not_pem", "cannot be read");
    // A good certificate does not hide a bad one behind it.
    write_file(server_.certificate, read_whole(client_.certificate) + text);
    expect_refused(settings(), server_.certificate, "tls_not_pem", "cannot be read");
}

TEST_F(FrontTlsFiles, AreRefusedWhenKeyAndCertificateDoNotFit) {
    TlsSettings mixed = settings();
    mixed.private_key_file = client_.key;
    expect_refused(mixed, client_.key, "tls_key_mismatch", server_.certificate);
}

TEST_F(FrontTlsFiles, AreRefusedOutsideTheirTime) {
    const auto month_ago = now_ + std::chrono::hours(-24 * 31);
    server_ = write_tls_files(folder_, "old", month_ago);
    expect_refused(settings(), server_.certificate, "tls_certificate_expired", "expired at ");
    server_ = write_tls_files(folder_, "early", now_ + std::chrono::hours(48));
    expect_refused(settings(), server_.certificate, "tls_certificate_not_yet_valid", "before ");
}

TEST_F(FrontTlsFiles, AreRefusedWithAPassphrase) {
    const std::string locked = folder_.file("locked.key");
    const std::string command = "openssl pkcs8 -topk8 -v2 aes-128-cbc -passout pass:x -in " +
                                server_.key + " -out " + locked;
    ASSERT_EQ(std::system(command.c_str()), 0);
    TlsSettings with_lock = settings();
    with_lock.private_key_file = locked;
    expect_refused(with_lock, locked, "tls_key_encrypted", "passphrase");
}

TEST_F(FrontTlsFiles, MustBeAllThereForClientCertificates) {
    TlsSettings half = settings(ClientCertificates::required);
    half.client_ca_file.clear();
    expect_refused(half, "client_ca_file", "tls_settings_incomplete", "not set");
    half = settings();
    half.client_ca_file = client_.certificate;
    expect_refused(half, client_.certificate, "tls_settings_incomplete", "no client certificates");
}

TEST_F(FrontTlsFiles, StopTheFrontFromOpening) {
    RunningFront::Setup setup = with_tls();
    setup.tls->private_key_file = folder_.file("nowhere");
    EXPECT_THROW(RunningFront{std::move(setup)}, std::runtime_error);
}

}  // namespace
}  // namespace tollgate::transport::testing
