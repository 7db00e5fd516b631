#include "tls_files.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "signing/self_signed.h"

namespace tollgate::transport::testing {

void write_file(const std::string& file, std::string_view content) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << content;
    if (!stream.flush()) throw std::runtime_error("cannot write " + file);
}

std::string read_whole(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TlsFiles write_tls_files(const tollgate::testing::TempFolder& folder, const std::string& name,
                         Timestamp from) {
    const auto made = signing::make_self_signed({.common_name = name,
                                                 .names = {"localhost", "127.0.0.1", "::1"},
                                                 .valid_from = from,
                                                 .days = 30});
    if (!made) throw std::runtime_error(made.error().message());
    const TlsFiles files{.certificate = folder.file(name + ".crt"),
                         .key = folder.file(name + ".key")};
    write_file(files.certificate, made->certificate_pem);
    write_file(files.key, made->private_key_pem.reveal());
    return files;
}

}  // namespace tollgate::transport::testing
