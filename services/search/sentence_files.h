#pragma once

#include <memory>
#include <string>

#include "libs/domain/nn/sentence_encoder.h"

namespace kontor::search {

// The sentence encoder from a folder (model.safetensors, vocab.txt); null without a folder, and where it cannot be
// used, which the log then says: shops learn vectors from their own titles.
std::shared_ptr<const nn::SentenceEncoder> LoadSentenceEncoder(const std::string& folder);

}  // namespace kontor::search
