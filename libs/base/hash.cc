#include "libs/base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"

namespace kontor::base {

uint64_t StableHash(absl::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char c : bytes) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3;
  }
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccd;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53;
  h ^= h >> 33;
  return h;
}

int PartitionOf(absl::string_view key, int partitions) {
  return static_cast<int>(StableHash(key) % static_cast<uint64_t>(partitions));
}

std::string Sha256(absl::string_view bytes) {
  std::string digest(32, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
             nullptr);
  return digest;
}

std::string Sha256Hex(absl::string_view bytes) { return absl::BytesToHexString(Sha256(bytes)); }

std::string HmacSha256(absl::string_view secret, absl::string_view bytes) {
  std::string digest(32, '\0');
  unsigned int size = 32;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &size);
  return digest;
}

}  // namespace kontor::base
