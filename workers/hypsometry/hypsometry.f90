! How much of the globe lies below each height, and what land and ocean are like on average.
!
!   run INPUT_FOLDER PARAMETERS_FILE OUTPUT_FOLDER
!
! An example of a step in another language; docs/workers.md tells what is given and expected.

program hypsometry
  use, intrinsic :: iso_fortran_env, only: real64, output_unit, error_unit
  use, intrinsic :: ieee_arithmetic, only: ieee_is_finite
  use netcdf
  implicit none

  integer, parameter :: bad_input = 65, failed = 1
  real(real64), parameter :: pi = acos(-1.0_real64), to_radians = pi / 180.0_real64
  real(real64), parameter :: radius = 6371229.0_real64  ! m
  real(real64), parameter :: missing = 1.0e20_real64

  ! what holds for the globe or for one band of latitude
  type :: region
    real(real64) :: south = -90.0_real64, north = 90.0_real64  ! degrees
    real(real64) :: area = 0.0_real64, land = 0.0_real64       ! m2
    real(real64) :: volume_of_land = 0.0_real64                ! m3 above the sea
    real(real64) :: volume_of_ocean = 0.0_real64               ! m3
  end type region

  character(len=4096) :: inputs, parameters_file, outputs
  real(real64) :: height_step = 100.0_real64, band_width = 10.0_real64
  character(len=16) :: file_format = 'netcdf3'

  real(real64), allocatable :: lat(:), lon(:), height(:, :)  ! height(lon, lat)
  real(real64), allocatable :: edges(:), widths(:)
  real(real64), allocatable :: levels(:), share_below(:)
  type(region) :: globe
  type(region), allocatable :: bands(:)

  call read_arguments()
  call read_parameters()
  call tell_progress(0.0_real64, 'reading')
  call read_topography(trim(inputs) // '/topography.nc')
  call make_edges()
  call tell_progress(0.3_real64, 'summing')
  call sum_regions()
  call make_curve()
  call tell_progress(0.8_real64, 'writing')
  call write_netcdf(trim(outputs) // '/hypsometry.nc')
  call write_curve(trim(outputs) // '/hypsometric_curve.csv')
  call write_bands(trim(outputs) // '/latitude_bands.csv')
  call write_report(trim(outputs) // '/report.json')

contains

  subroutine stop_because(sentence, status)
    character(len=*), intent(in) :: sentence
    integer, intent(in) :: status
    write (error_unit, '(2a)') 'error: ', sentence
    flush (error_unit)
    stop status, quiet = .true.
  end subroutine stop_because

  subroutine tell_progress(fraction, words)
    real(real64), intent(in) :: fraction
    character(len=*), intent(in) :: words
    write (output_unit, '(a, f5.3, 2a)') 'progress ', fraction, ' ', words
    flush (output_unit)
  end subroutine tell_progress

  subroutine read_arguments()
    if (command_argument_count() /= 3) then
      call stop_because('run INPUT_FOLDER PARAMETERS_FILE OUTPUT_FOLDER', failed)
    end if
    call get_command_argument(1, inputs)
    call get_command_argument(2, parameters_file)
    call get_command_argument(3, outputs)
  end subroutine read_arguments

  ! The same parameters stand as JSON in the file named and as a namelist beside it.
  subroutine read_parameters()
    character(len=64) :: step, created
    integer :: version, unit, status, dot
    namelist /task/ step, version, created, file_format
    namelist /parameters/ height_step, band_width
    dot = index(parameters_file, '.', back=.true.)
    open (newunit=unit, file=parameters_file(:dot) // 'nml', status='old', action='read', &
          iostat=status)
    if (status == 0) read (unit, nml=task, iostat=status)
    if (status == 0) read (unit, nml=parameters, iostat=status)
    if (status /= 0) call stop_because('the parameters cannot be read', failed)
    close (unit)
  end subroutine read_parameters

  subroutine read_topography(path)
    character(len=*), intent(in) :: path
    integer :: file, variable, dimensions(2), ny, nx
    call check(nf90_open(path, nf90_nowrite, file), 'topography.nc cannot be opened')
    call check(nf90_inq_varid(file, 'topography', variable), &
               'topography.nc has no variable ''topography''')
    call check(nf90_inquire_variable(file, variable, dimids=dimensions), &
               'the topography is not a map')
    call check(nf90_inquire_dimension(file, dimensions(1), len=nx), 'the topography has no size')
    call check(nf90_inquire_dimension(file, dimensions(2), len=ny), 'the topography has no size')
    if (nx < 3 .or. ny < 3) call stop_because('the topography is too small', bad_input)
    allocate (lat(ny), lon(nx), height(nx, ny))
    call read_axis(file, 'lat', lat)
    call read_axis(file, 'lon', lon)
    call check(nf90_get_var(file, variable, height), 'the topography cannot be read')
    call check(nf90_close(file), 'topography.nc cannot be closed')
    if (.not. all(ieee_is_finite(height) .and. abs(height) < 1.0e5_real64)) then
      call stop_because('the topography has missing values; fill them first', bad_input)
    end if
  end subroutine read_topography

  subroutine read_axis(file, name, values)
    integer, intent(in) :: file
    character(len=*), intent(in) :: name
    real(real64), intent(out) :: values(:)
    integer :: variable
    call check(nf90_inq_varid(file, name, variable), 'topography.nc has no variable ' // name)
    call check(nf90_get_var(file, variable, values), 'the variable ' // name // ' cannot be read')
    if (.not. all(values(2:) > values(:size(values) - 1))) then
      call stop_because('the values of ' // name // ' do not ascend', bad_input)
    end if
  end subroutine read_axis

  subroutine check(status, sentence)
    integer, intent(in) :: status
    character(len=*), intent(in) :: sentence
    if (status /= nf90_noerr) then
      call stop_because(sentence // ' (' // trim(nf90_strerror(status)) // ')', bad_input)
    end if
  end subroutine check

  ! Cells end half way between their centres, and at the poles.
  subroutine make_edges()
    integer :: nx, ny
    nx = size(lon)
    ny = size(lat)
    allocate (edges(0:ny), widths(nx))
    edges(1:ny - 1) = 0.5_real64 * (lat(1:ny - 1) + lat(2:ny))
    edges(0) = 1.5_real64 * lat(1) - 0.5_real64 * lat(2)
    edges(ny) = 1.5_real64 * lat(ny) - 0.5_real64 * lat(ny - 1)
    if (edges(0) + 90.0_real64 < 0.5_real64 * (lat(2) - lat(1))) edges(0) = -90.0_real64
    if (90.0_real64 - edges(ny) < 0.5_real64 * (lat(ny) - lat(ny - 1))) edges(ny) = 90.0_real64
    if (360.0_real64 + lon(1) - lon(nx) > 1.5_real64 * maxval(lon(2:) - lon(:nx - 1)) .or. &
        edges(0) > -90.0_real64 .or. edges(ny) < 90.0_real64) then
      call stop_because('the topography does not cover the globe', bad_input)
    end if
    widths(2:nx - 1) = 0.5_real64 * (lon(3:nx) - lon(1:nx - 2))
    widths(1) = 0.5_real64 * (lon(2) - lon(nx) + 360.0_real64)
    widths(nx) = 0.5_real64 * (lon(1) + 360.0_real64 - lon(nx - 1))
  end subroutine make_edges

  ! Area of one degree of longitude between two latitudes; nothing if the second lies south.
  pure function strip(south, north)
    real(real64), intent(in) :: south, north
    real(real64) :: strip
    strip = radius**2 * to_radians * max(0.0_real64, sin(north * to_radians) - sin(south * to_radians))
  end function strip

  subroutine sum_regions()
    integer :: count_of_bands, band
    count_of_bands = ceiling(180.0_real64 / band_width - 1.0e-9_real64)
    allocate (bands(count_of_bands))
    do band = 1, count_of_bands
      bands(band)%south = -90.0_real64 + (band - 1) * band_width
      bands(band)%north = min(90.0_real64, -90.0_real64 + band * band_width)
      call sum_region(bands(band))
    end do
    call sum_region(globe)
  end subroutine sum_regions

  subroutine sum_region(one)
    type(region), intent(inout) :: one
    real(real64) :: area, per_degree
    integer :: i, j
    do j = 1, size(lat)
      per_degree = strip(max(one%south, edges(j - 1)), min(one%north, edges(j)))
      if (per_degree <= 0.0_real64) cycle
      do i = 1, size(lon)
        area = per_degree * widths(i)
        one%area = one%area + area
        if (height(i, j) > 0.0_real64) then
          one%land = one%land + area
          one%volume_of_land = one%volume_of_land + area * height(i, j)
        else
          one%volume_of_ocean = one%volume_of_ocean - area * height(i, j)
        end if
      end do
    end do
  end subroutine sum_region

  ! Each cell counts at the lowest level above it; sums from below give the curve.
  subroutine make_curve()
    integer :: lowest, highest, i, j, level
    lowest = floor(minval(height) / height_step)
    highest = floor(maxval(height) / height_step) + 1
    allocate (levels(lowest:highest), share_below(lowest:highest))
    levels = [(level * height_step, level = lowest, highest)]
    share_below = 0.0_real64
    do j = 1, size(lat)
      do i = 1, size(lon)
        level = min(highest, floor(height(i, j) / height_step) + 1)
        share_below(level) = share_below(level) + strip(edges(j - 1), edges(j)) * widths(i)
      end do
    end do
    do level = lowest + 1, highest
      share_below(level) = share_below(level) + share_below(level - 1)
    end do
    share_below = share_below / globe%area
  end subroutine make_curve

  pure function ratio(part, whole)
    real(real64), intent(in) :: part, whole
    real(real64) :: ratio
    ratio = missing
    if (whole > 0.0_real64) ratio = part / whole
  end function ratio

  elemental function mean_land(one)
    type(region), intent(in) :: one
    real(real64) :: mean_land
    mean_land = ratio(one%volume_of_land, one%land)
  end function mean_land

  elemental function mean_depth(one)
    type(region), intent(in) :: one
    real(real64) :: mean_depth
    mean_depth = ratio(one%volume_of_ocean, one%area - one%land)
  end function mean_depth

  subroutine write_netcdf(path)
    character(len=*), intent(in) :: path
    integer :: file, height_dimension, band_dimension, mode
    mode = nf90_64bit_offset
    if (file_format == 'netcdf4') mode = ior(nf90_netcdf4, nf90_classic_model)
    call written(nf90_create(path, mode, file))
    call written(nf90_def_dim(file, 'height', size(levels), height_dimension))
    call written(nf90_def_dim(file, 'band', size(bands), band_dimension))
    call written(nf90_enddef(file))
    call put(file, 'height', [height_dimension], levels, 'm', 'height above the sea')
    call put(file, 'share_below', [height_dimension], share_below, '1', &
             'share of the globe that lies below')
    call put(file, 'south', [band_dimension], bands%south, 'degrees_north', 'southern edge')
    call put(file, 'north', [band_dimension], bands%north, 'degrees_north', 'northern edge')
    call put(file, 'band_area', [band_dimension], bands%area, 'm2', 'area of the band')
    call put(file, 'band_land_fraction', [band_dimension], bands%land / bands%area, '1', &
             'share of land')
    call put(file, 'band_land_height', [band_dimension], mean_land(bands), 'm', &
             'mean height of land')
    call put(file, 'band_ocean_depth', [band_dimension], mean_depth(bands), 'm', &
             'mean depth of the ocean')
    call put(file, 'land_fraction', [integer ::], [globe%land / globe%area], '1', &
             'share of land')
    call put(file, 'land_height', [integer ::], [mean_land(globe)], 'm', 'mean height of land')
    call put(file, 'ocean_depth', [integer ::], [mean_depth(globe)], 'm', &
             'mean depth of the ocean')
    call put(file, 'ocean_volume', [integer ::], [globe%volume_of_ocean], 'm3', &
             'volume of the ocean')
    call written(nf90_close(file))
  end subroutine write_netcdf

  subroutine put(file, name, dimensions, values, units, long_name)
    integer, intent(in) :: file, dimensions(:)
    character(len=*), intent(in) :: name, units, long_name
    real(real64), intent(in) :: values(:)
    integer :: variable
    call written(nf90_redef(file))
    call written(nf90_def_var(file, name, nf90_double, dimensions, variable))
    call written(nf90_put_att(file, variable, 'units', units))
    call written(nf90_put_att(file, variable, 'long_name', long_name))
    if (any(values >= missing)) call written(nf90_put_att(file, variable, '_FillValue', missing))
    call written(nf90_enddef(file))
    if (size(dimensions) == 0) then
      call written(nf90_put_var(file, variable, values(1)))
    else
      call written(nf90_put_var(file, variable, values))
    end if
  end subroutine put

  subroutine written(status)
    integer, intent(in) :: status
    if (status /= nf90_noerr) then
      call stop_because('hypsometry.nc cannot be written (' // trim(nf90_strerror(status)) // ')', &
                        failed)
    end if
  end subroutine written

  subroutine write_curve(path)
    character(len=*), intent(in) :: path
    integer :: unit, level
    call open_text(path, unit)
    write (unit, '(a)') 'height_m,share_below'
    do level = lbound(levels, 1), ubound(levels, 1)
      write (unit, '(a)') number(levels(level), 3) // ',' // number(share_below(level), 9)
    end do
    close (unit)
  end subroutine write_curve

  subroutine write_bands(path)
    character(len=*), intent(in) :: path
    integer :: unit, band
    call open_text(path, unit)
    write (unit, '(a)') 'south,north,area_km2,land_fraction,land_height_m,ocean_depth_m'
    do band = 1, size(bands)
      associate (one => bands(band))
        write (unit, '(a)') number(one%south, 4) // ',' // number(one%north, 4) // ',' &
          // number(one%area * 1.0e-6_real64, 3) // ',' // number(one%land / one%area, 6) // ',' &
          // number(mean_land(one), 3) // ',' // number(mean_depth(one), 3)
      end associate
    end do
    close (unit)
  end subroutine write_bands

  subroutine write_report(path)
    character(len=*), intent(in) :: path
    real(real64) :: sphere
    integer :: unit
    character(len=:), allocatable :: status
    sphere = 4.0_real64 * pi * radius**2
    status = 'pass'
    if (abs(globe%area / sphere - 1.0_real64) > 1.0e-9_real64) status = 'fail'
    call open_text(path, unit)
    write (unit, '(a)') '{"checks": [{"name": "area_of_the_globe", "status": "' // status // '",'
    write (unit, '(a)') ' "summary": "the cells add up to ' &
      // number(100.0_real64 * globe%area / sphere, 6) // ' % of the sphere"}],'
    write (unit, '(a)') ' "notes": ["' // number(100.0_real64 * globe%land / globe%area, 2) &
      // ' % of the globe is land, on average ' // number_or_dash(mean_land(globe)) // ' m high",'
    write (unit, '(a)') '  "the ocean is on average ' // number_or_dash(mean_depth(globe)) &
      // ' m deep and holds ' // number(globe%volume_of_ocean * 1.0e-15_real64, 2) &
      // ' million km3"]}'
    close (unit)
  end subroutine write_report

  subroutine open_text(path, unit)
    character(len=*), intent(in) :: path
    integer, intent(out) :: unit
    integer :: status
    open (newunit=unit, file=path, status='new', action='write', iostat=status)
    if (status /= 0) call stop_because(path // ' cannot be written', failed)
  end subroutine open_text

  ! A number without blanks, with a leading zero; nothing if it is missing.
  pure function number(value, digits)
    real(real64), intent(in) :: value
    integer, intent(in) :: digits
    character(len=:), allocatable :: number
    character(len=64) :: text, form
    number = ''
    if (value >= missing) return
    write (form, '(a, i0, a)') '(f0.', digits, ')'
    write (text, form) value
    number = trim(adjustl(text))
    if (number(1:1) == '.') then
      number = '0' // number
    else if (number(1:2) == '-.') then
      number = '-0' // number(2:)
    end if
  end function number

  function number_or_dash(value)
    real(real64), intent(in) :: value
    character(len=:), allocatable :: number_or_dash
    number_or_dash = number(value, 1)
    if (number_or_dash == '') number_or_dash = '-'
  end function number_or_dash

end program hypsometry
