#include "services/search/sentence_files.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/read_file.h"

namespace kontor::search {
namespace {

absl::StatusOr<std::shared_ptr<const nn::SentenceEncoder>> Load(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::string weights, runtime::ReadFile(absl::StrCat(folder, "/model.safetensors")));
  ASSIGN_OR_RETURN(const std::string words, runtime::ReadFile(absl::StrCat(folder, "/vocab.txt")));
  return nn::SentenceEncoder::Create(weights, words);
}

}  // namespace

std::shared_ptr<const nn::SentenceEncoder> LoadSentenceEncoder(const std::string& folder) {
  if (folder.empty()) return nullptr;
  auto encoder = Load(folder);
  if (encoder.ok()) return *std::move(encoder);
  runtime::LogWarning("the sentence encoder cannot be used; vectors are learned from titles",
                      {{"error", encoder.status().ToString()}});
  return nullptr;
}

}  // namespace kontor::search
