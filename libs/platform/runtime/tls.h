#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace kontor::runtime {

// The content of a certificate file (PEM, the server's own first) and of its private key's.
struct TlsFiles {
  std::string certificate;
  std::string private_key;
};

// FAILED_PRECONDITION (FILE_MISSING, TLS_FILES_UNUSABLE) with the path of the file that cannot be read, holds no
// certificate, no unencrypted private key, or the key of another certificate.
absl::StatusOr<TlsFiles> ReadTlsFiles(const std::string& certificate_path, const std::string& private_key_path);

}  // namespace kontor::runtime
