//! Gives back the pages of the program itself while PID 1 sleeps.
//!
//! The kernel maps sixteen pages around each that is touched, which for a big binary makes two
//! megabytes of an idle init. They are the file's, unchanged: what the next request needs comes
//! back from the page cache in microseconds.

use std::ffi::{c_int, c_void};

/// The program's read-only segments.
pub(super) struct Program {
    segments: Vec<(usize, usize)>,
}

impl Program {
    /// Finds them in the program headers.
    pub(super) fn find() -> Self {
        let mut segments: Vec<(usize, usize)> = Vec::new();
        // SAFETY: the callback matches the declared type, and `segments` outlives the call.
        unsafe { libc::dl_iterate_phdr(Some(collect), (&raw mut segments).cast()) };
        Self { segments }
    }

    /// Lets their pages go until they are touched again.
    pub(super) fn forget(&self) {
        for (start, length) in &self.segments {
            // SAFETY: these are private, unwritable mappings of a file: what is dropped is read
            // from the file again, unchanged.
            unsafe { libc::madvise(*start as *mut c_void, *length, libc::MADV_DONTNEED) };
        }
    }
}

/// Takes the loaded segments of the first object, the program, that are never written.
unsafe extern "C" fn collect(
    info: *mut libc::dl_phdr_info,
    _size: usize,
    data: *mut c_void,
) -> c_int {
    let page = rustix::param::page_size();
    // SAFETY: the C library passes a valid info whose headers stay mapped, and our own `data`.
    let (base, headers, segments) = unsafe {
        let headers = std::slice::from_raw_parts((*info).dlpi_phdr, (*info).dlpi_phnum.into());
        (
            (*info).dlpi_addr as usize,
            headers,
            &mut *data.cast::<Vec<(usize, usize)>>(),
        )
    };
    for header in headers {
        if header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0 {
            let start = (base + header.p_vaddr as usize) & !(page - 1);
            let end = base + header.p_vaddr as usize + header.p_memsz as usize;
            segments.push((start, end.next_multiple_of(page) - start));
        }
    }
    1
}
