#pragma once

#include <string>

namespace kontor::testing {

// PEM files for TLS on 127.0.0.1.
struct Certificate {
  std::string certificate_file;  // signed by its own key: what clients take as their authority, too
  std::string private_key_file;
};

// Makes them in `folder` as `name`.crt and `name`.key, by the openssl command, good for a day.
Certificate MakeCertificate(const std::string& folder, const std::string& name);

}  // namespace kontor::testing
