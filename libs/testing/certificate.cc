#include "libs/testing/certificate.h"

#include "libs/testing/process.h"

namespace kontor::testing {

Certificate MakeCertificate(const std::string& folder, const std::string& name) {
  Certificate made = {folder + "/" + name + ".crt", folder + "/" + name + ".key"};
  RunProgram({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
              "1", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made.private_key_file,
              "-out", made.certificate_file});
  return made;
}

}  // namespace kontor::testing
