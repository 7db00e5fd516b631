#pragma once

#include <gtest/gtest.h>

#include "running_front.h"
#include "tls_files.h"

namespace tollgate::transport::testing {

// A folder with the certificates "server" and "client", and a front's settings made of them.
class TlsTest : public ::testing::Test {
protected:
    TlsSettings settings(ClientCertificates clients = ClientCertificates::none) const {
        TlsSettings settings{.certificate_chain_file = server_.certificate,
                             .private_key_file = server_.key,
                             .client_certificates = clients};
        if (clients != ClientCertificates::none) settings.client_ca_file = client_.certificate;
        return settings;
    }
    RunningFront::Setup with_tls(ClientCertificates clients = ClientCertificates::none) const {
        return {.router = echo_router(), .tls = settings(clients)};
    }

    tollgate::testing::TempFolder folder_;
    Timestamp now_ = system_clock().now();
    TlsFiles server_ = write_tls_files(folder_, "server", now_);
    TlsFiles client_ = write_tls_files(folder_, "client", now_);
};

}  // namespace tollgate::transport::testing
