// The public port with a certificate: who gets through, and which files are refused at the start.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/platform/runtime/testdata/echo_fixture.h"
#include "libs/testing/certificate.h"
#include "libs/testing/process.h"

namespace kontor::runtime::testdata {
namespace {

using kontor::testing::Certificate;
using kontor::testing::MakeCertificate;
using ::testing::HasSubstr;

class TlsTest : public EchoFixture {
 protected:
  void Use(const Certificate& files) {
    options_.tls_certificate_file = files.certificate_file;
    options_.tls_private_key_file = files.private_key_file;
  }
  absl::Status CallWithAuthority(const std::string& ca_file) {
    stub_ = EchoService::NewStub(NewChannel({absl::StrCat("127.0.0.1:", server_->port()), ca_file}));
    return CallEcho("store", Request("x")).status();
  }
  void StartRefuses(const std::string& words) {
    Server server(options_);
    const absl::Status status = server.Start();
    EXPECT_EQ(base::ErrorReason(status), "TLS_FILES_UNUSABLE");
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
  std::string File(const std::string& name, const std::string& text) {
    WriteFile(folder().File(name), text);
    return folder().File(name);
  }

  const Certificate files_ = MakeCertificate(folder().path(), "server");
};

TEST_F(TlsTest, ACallerWhoKnowsTheAuthorityGetsThrough) {
  Use(files_);
  Start();
  EXPECT_TRUE(CallWithAuthority(files_.certificate_file).ok());
  EXPECT_EQ(CallWithAuthority("").code(), absl::StatusCode::kUnavailable) << "in the clear";
  EXPECT_EQ(CallWithAuthority(MakeCertificate(folder().path(), "other").certificate_file).code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(TlsTest, AMissingFileIsNamed) {
  Use({files_.certificate_file, "/nowhere/server.key"});
  Server server(options_);
  const absl::Status status = server.Start();
  EXPECT_EQ(base::ErrorReason(status), "FILE_MISSING");
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/server.key"));
}

TEST_F(TlsTest, FilesThatAreNoCertificateAndItsKeyAreNamed) {
  const std::string text = File("text", "no PEM");
  Use({text, files_.private_key_file});
  StartRefuses(absl::StrCat(text, " holds no certificate"));
  Use({files_.certificate_file, text});
  StartRefuses(absl::StrCat(text, " holds no private key"));
  Use({files_.private_key_file, files_.certificate_file});
  StartRefuses(absl::StrCat(files_.private_key_file, " holds no certificate"));
  const std::string other = MakeCertificate(folder().path(), "other").private_key_file;
  Use({files_.certificate_file, other});
  StartRefuses(absl::StrCat(other, " is not the key of the certificate"));
}

TEST_F(TlsTest, AnEncryptedKeyIsRefusedWithoutAskingForItsPassword) {
  const std::string encrypted = folder().File("encrypted.key");
  kontor::testing::RunProgram(
      {"openssl", "pkey", "-in", files_.private_key_file, "-aes128", "-passout", "pass:word", "-out", encrypted});
  Use({files_.certificate_file, encrypted});
  StartRefuses(absl::StrCat(encrypted, " holds no private key"));
}

}  // namespace
}  // namespace kontor::runtime::testdata
