#pragma once
// The socket type of the client: bound to io_context's own executor, which saves the type-erased one on each
// operation.

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace settle {

using Tcp = boost::asio::ip::tcp;
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<Tcp, Executor>;
using ErrorCode = boost::system::error_code;

}  // namespace settle
