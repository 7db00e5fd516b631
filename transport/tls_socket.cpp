#include "transport/tls_socket.h"

#include <cerrno>

#include <sys/socket.h>

#include "base/check.h"
#include "transport/tls_handles.h"

namespace tollgate::transport {
namespace {

int socket_of(BIO* bio) {
    return *static_cast<const int*>(BIO_get_data(bio));
}

bool try_again() {
    return errno == EAGAIN || errno == EINTR;
}

int write_some(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t went =
        ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (went < 0 && try_again()) BIO_set_retry_write(bio);
    return static_cast<int>(went);
}

int read_some(BIO* bio, char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t got = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_DONTWAIT);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    if (got < 0 && try_again()) BIO_set_retry_read(bio);
    return static_cast<int>(got);
}

// What OpenSSL asks of a transport: nothing waits to be flushed, and whether the peer has finished.
long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return 0;
}

BioMethodHandle make_method() {
    BioMethodHandle method(
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tollgate socket"));
    TOLLGATE_CHECK(method != nullptr);
    TOLLGATE_CHECK(BIO_meth_set_write(method.get(), write_some) == 1);
    TOLLGATE_CHECK(BIO_meth_set_read(method.get(), read_some) == 1);
    TOLLGATE_CHECK(BIO_meth_set_ctrl(method.get(), control) == 1);
    return method;
}

}  // namespace

BIO* make_socket_bio(const int* socket) {
    static const BioMethodHandle method = make_method();
    BIO* const bio = BIO_new(method.get());
    TOLLGATE_CHECK(bio != nullptr);
    BIO_set_data(bio, const_cast<int*>(socket));
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace tollgate::transport
