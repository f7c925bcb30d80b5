#pragma once

#include <utility>
#include <vector>

#include "libs/platform/log/batch_handler.h"

namespace kontor::recommendations {

// Several writers in one transaction, one after another: what they read of the log is read once, and each batch is
// applied by all of them or by none. Borrows.
class WriterChain : public log::BatchHandler {
 public:
  explicit WriterChain(std::vector<log::BatchHandler*> writers) : writers_(std::move(writers)) {}

  // What several of them park or refuse is so once.
  absl::Status Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) override;
  void Committed(const log::Batch& batch) override;
  bool Knows(absl::string_view type) const override;

 private:
  const std::vector<log::BatchHandler*> writers_;
};

}  // namespace kontor::recommendations
