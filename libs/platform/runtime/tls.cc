#include "libs/platform/runtime/tls.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/read_file.h"
#include "openssl/err.h"
#include "openssl/pem.h"
#include "openssl/x509.h"

namespace kontor::runtime {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using PrivateKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

// Without it OpenSSL asks for the password of an encrypted key on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

Bio Reader(const std::string& bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())), &BIO_free);
}

absl::Status Unusable(const std::string& path, absl::string_view what) {
  ERR_clear_error();
  return base::Error(absl::StatusCode::kFailedPrecondition, "TLS_FILES_UNUSABLE", absl::StrCat(path, " ", what));
}

}  // namespace

absl::StatusOr<TlsFiles> ReadTlsFiles(const std::string& certificate_path, const std::string& private_key_path) {
  TlsFiles files;
  ASSIGN_OR_RETURN(files.certificate, ReadFile(certificate_path));
  ASSIGN_OR_RETURN(files.private_key, ReadFile(private_key_path));
  const Certificate certificate(PEM_read_bio_X509(Reader(files.certificate).get(), nullptr, &NoPassword, nullptr),
                                &X509_free);
  if (certificate == nullptr) return Unusable(certificate_path, "holds no certificate in PEM format");
  const PrivateKey key(PEM_read_bio_PrivateKey(Reader(files.private_key).get(), nullptr, &NoPassword, nullptr),
                       &EVP_PKEY_free);
  if (key == nullptr) return Unusable(private_key_path, "holds no private key in PEM format without a password");
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Unusable(private_key_path, absl::StrCat("is not the key of the certificate in ", certificate_path));
  }
  return files;
}

}  // namespace kontor::runtime
